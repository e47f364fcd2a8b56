// Made from crates/engine/src/view.rs by its test; do not edit.

/** Everything that the popup and the pages of the extension show. */
export type View = {
/** The key to be added to the wallet, once it is made. */
publicKey: PublicKey | null,
/** The proxy in use. */
proxyUrl: string,
/** Whether payments are on at all. */
enabled: boolean,
/** The wallet. */
connection: Connection,
/** What was wrong with the last command, or why the attempt that it began has ended. */
notice: Problem | null,
/** The rate per hour where no site has its own. */
rate: Money | null,
/** What the user has chosen beyond that. */
settings: Settings,
/** The page in front. */
page: Page | null,
/** What of the extension's own memory is lost; the detail names it. */
memoryProblem: Problem | null,
/** How well the loop keeps time. */
diagnostics: Diagnostics, };

/** The install's public key. */
export type PublicKey = {
/** As a JSON Web Key. */
jwk: string,
/** The base64 of that. */
base64: string,
/** Its id. */
kid: string, };

/** An amount for people: the value is in whole units. */
export type Money = {
/** A decimal number. */
value: string,
/** The currency. */
assetCode: string,
/** Its decimals. */
assetScale: number, };

/** How far connecting has come. */
export type ConnectionState = "disconnected" | "checkingWallet" | "awaitingKey" | "requestingGrant" | "awaitingConsent" | "finishing" | "connected" | "unreadable";

/** The wallet, connected or on its way. */
export type Connection = {
/** How far; a wallet that is being topped up is connected. */
state: ConnectionState,
/** Which wallet, once its document is read. */
wallet: Wallet | null,
/** What may be spent. */
budget: Money | null,
/** Whether that starts anew each month. */
monthly: boolean,
/** What is spent of it. */
spent: Money | null,
/** What is left of it. */
left: Money | null,
/** How far a new grant from the connected wallet has come, while one is asked for. Until the
 * user has accepted, the old one goes on paying. */
topUp: ConnectionState | null,
/** What keeps a connected wallet from paying. */
problem: Problem | null, };

/** A wallet. */
export type Wallet = {
/** Its address. */
address: string,
/** The name that its owner gave it. */
name: string | null,
/** Its currency. */
assetCode: string,
/** The decimals of that. */
assetScale: number, };

/** What is wrong. */
export type Problem = {
/** One of a closed list. */
code: ProblemCode,
/** A host, or the wallet's own words. */
detail: string | null, };

/** The closed list of problems. What happened and what to do, the views say in the user's
 * language. */
export type ProblemCode = "wallet_address_invalid" | "amount_invalid" | "rate_invalid" | "site_invalid" | "too_many_sites" | "list_invalid" | "proxy_url_invalid" | "wallet_not_found" | "wallet_unreachable" | "wallet_unreadable" | "wallet_forbidden" | "wallet_refused" | "key_missing" | "wallet_changed" | "declined" | "grant_invalid" | "tab_closed" | "hash_wrong" | "wrong_host" | "proxy_unreachable" | "proxy_unreadable" | "proxy_refused" | "rate_limited" | "token_lost" | "out_of_funds" | "rest_too_small" | "budget_too_small" | "amount_too_small" | "nothing_to_pay" | "other_page" | "once_running" | "interrupted" | "budget_unreadable" | "account_unreadable" | "state_set_aside" | "account_empty" | "receiver_refused";

/** Why the page in front is or is not being paid. */
export type PageState = "notMonetized" | "paying" | "paused" | "siteOff" | "off" | "notConnected" | "outOfFunds" | "problem";

/** The page in front. */
export type Page = {
/** Its host and port. */
site: string,
/** Whether payments are on for it. */
siteEnabled: boolean,
/** The rate per hour that holds for it. */
rate: Money | null,
/** Whether that comes from a rule for its site. */
hasOwnRate: boolean,
/** Why it is or is not being paid. */
state: PageState,
/** What it got in this visit. */
paid: Money | null,
/** The last one-time payment to it. */
once: Once | null,
/** The wallets behind its links. */
receivers: Array<string>,
/** What is wrong. */
problem: Problem | null, };

/** A one-time payment. */
export type Once = {
/** Whether it is still on its way. */
running: boolean,
/** What the user wanted to give. */
asked: Money,
/** What was paid of it so far. */
sent: Money,
/** What was sent, but perhaps not paid: the wallet is being asked. */
unsettled: Money | null,
/** Why it is over and not all of it was paid. */
problem: Problem | null, };

/** What the user has chosen. */
export type Settings = {
/** What is different for some sites. */
sites: Array<SiteRule>,
/** The most that one wallet may get per hour, if there is such a limit; in another currency than
 * the wallet's it does not count. */
maximumRate: Money | null,
/** After how many minutes of doing nothing the user counts as away; nothing if never. A page
 * that can be heard is paid all the same. */
idleMinutes: number | null, };

/** What is different for some sites. Where several rules cover a site, the most specific one that
 * says something decides. */
export type SiteRule = {
/** Host and port, or `*.example.org` for a domain and all below it. */
site: string,
/** Whether payments are on for them, if this rule says so. */
enabled: boolean | null,
/** Their rate per hour, if this rule says so; in another currency than the wallet's it does
 * not count. */
rate: Money | null, };

/** How well the loop keeps time. */
export type Diagnostics = {
/** Seconds counted in this life of the worker. */
ticks: number,
/** Payments made in it. */
payments: number,
/** By how many milliseconds each of the last seconds came late. */
deviationsMs: Array<number>, };

/** All that is known of payments: what the file holds that `exportLedger` asks for as JSON. */
export type History = {
/** The last payments, the latest last. */
payments: Array<Payment>,
/** What was paid before them. */
sums: Array<Total>, };

/** One payment. */
export type Payment = {
/** Its URL at the user's wallet. */
id: string,
/** When it was made, as in RFC 3339. */
time: string,
/** The host and port of the page. */
site: string,
/** Who was paid. */
walletAddress: string,
/** `unknown` counts as paid: nobody has ever said what became of it. */
outcome: Outcome,
/** What the user gave. */
sent: Amount,
/** What the site was to get. */
received: Amount | null, };

/** What was paid in one currency. */
export type Total = {
/** In which day, in UTC; nothing for all the days before those that are listed. */
day: string | null,
/** To which site; nothing for all those that are not listed. */
site: string | null,
/** In how many payments. */
payments: number,
/** What the user gave. */
sent: Amount, };

/** What became of a payment. */
export type Outcome = "paid" | "failed" | "unknown";

/** An amount in minor units. */
export type Amount = { value: string, assetCode: string, assetScale: number };
