/** What a view may ask for; everything typed is passed on as it was typed. */
export type Command =
  | { command: 'connect'; walletAddress: string; amount: string; monthly: boolean }
  | { command: 'topUp'; amount: string; monthly: boolean }
  | { command: 'cancelConnect' }
  | { command: 'disconnect' }
  | { command: 'setEnabled'; enabled: boolean }
  | { command: 'setSiteEnabled'; site: string; enabled: boolean }
  /** `*.example.org` is a domain and all below it; without a rate what holds for more sites holds again. */
  | { command: 'setSiteRate'; site: string; perHour: string | null }
  /** Removes the rule for a site. */
  | { command: 'forgetSite'; site: string }
  /** Adds the rules in a file, in place of those for the same sites: all or none. */
  | { command: 'importSites'; text: string }
  | { command: 'setRate'; perHour: string }
  /** No wallet gets more than this per hour; null is no such limit. */
  | { command: 'setMaximumRate'; perHour: string | null }
  /** After so many minutes of doing nothing, 1 to 240, the user counts as away; null is never. */
  | { command: 'setIdle'; minutes: number | null }
  /** The site is that of the view's page: should another be in front by now, nothing is paid. */
  | { command: 'payOnce'; site: string; amount: string }
  | { command: 'setProxyUrl'; url: string }
  | { command: 'exportLedger'; format: 'csv' | 'json' }
  | { command: 'forgetLedger' };

/** What the view that sent `exportLedger` is answered; the text of `json` is a `History`. */
export type Export = { kind: 'export'; name: string; mediaType: string; text: string };

export type Send = (command: Command) => void;
