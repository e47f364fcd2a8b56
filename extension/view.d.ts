/** What the background publishes to the views, and what they may ask of it. Absent is null. */

export interface View {
  publicKey: PublicKey | null;
  proxyUrl: string;
  enabled: boolean;
  connection: Connection;
  /** Per hour. */
  rate: Money | null;
  /** The page in front. */
  page: Page | null;
  diagnostics: Diagnostics;
}

export interface PublicKey {
  jwk: string;
  /** The base64 of the JWK. */
  base64: string;
  kid: string;
}

/** An amount in whole units: `value` is a decimal number, ready to be shown. */
export interface Money {
  value: string;
  assetCode: string;
  assetScale: number;
}

export interface Problem {
  code: string;
  /** A sentence for a person. */
  message: string;
  /** A host, or the wallet's own words. */
  detail: string | null;
}

export type ConnectionState =
  | 'disconnected'
  | 'checkingWallet'
  | 'awaitingKey'
  | 'requestingGrant'
  | 'awaitingConsent'
  | 'finishing'
  | 'connected';

export interface Connection {
  state: ConnectionState;
  wallet: Wallet | null;
  budget: Money | null;
  monthly: boolean;
  spent: Money | null;
  /** Why the last attempt ended, or what keeps a connected wallet from paying. */
  problem: Problem | null;
}

export interface Wallet {
  address: string;
  name: string | null;
  assetCode: string;
  assetScale: number;
}

export type PageState =
  | 'notMonetized'
  | 'paying'
  | 'paused'
  | 'siteOff'
  | 'off'
  | 'notConnected'
  | 'outOfFunds'
  | 'problem';

export interface Page {
  /** Host and port. */
  site: string;
  siteEnabled: boolean;
  state: PageState;
  /** In this visit. */
  paid: Money | null;
  receivers: string[];
  problem: Problem | null;
}

export interface Diagnostics {
  ticks: number;
  payments: number;
  deviationsMs: number[];
}

/** What a view may ask for; everything typed is passed on as it was typed. */
export type Command =
  | { command: 'connect'; walletAddress: string; amount: string; monthly: boolean }
  | { command: 'cancelConnect' }
  | { command: 'disconnect' }
  | { command: 'setEnabled'; enabled: boolean }
  | { command: 'setSiteEnabled'; site: string; enabled: boolean }
  | { command: 'setRate'; perHour: string }
  | { command: 'setProxyUrl'; url: string };

export type Send = (command: Command) => void;
