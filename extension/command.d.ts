/** What a view may ask for; everything typed is passed on as it was typed. */
export type Command =
  | { command: 'connect'; walletAddress: string; amount: string; monthly: boolean }
  | { command: 'topUp'; amount: string; monthly: boolean }
  | { command: 'cancelConnect' }
  | { command: 'disconnect' }
  | { command: 'setEnabled'; enabled: boolean }
  | { command: 'setSiteEnabled'; site: string; enabled: boolean }
  | { command: 'setRate'; perHour: string }
  | { command: 'setProxyUrl'; url: string };

export type Send = (command: Command) => void;
