// The states that the views show, as the engine would tell of them. The walks through the real system
// reach most of them too; here each is at hand at once, in any language and colour.

/** @typedef {import("../../extension/view.js").View} View */
/** @typedef {View & {history?: import("../../extension/view.js").History}} State with the ledger, for those who ask */
/** @typedef {import("../../extension/view.js").Page} Page */
/** @typedef {import("../../extension/view.js").Connection} Connection */
/** @typedef {import("../../extension/view.js").Money} Money */
/** @typedef {import("../../extension/view.js").Problem} Problem */

/** @param {string} value @returns {Money} */
const dollars = (value) => ({ value, assetCode: "USD", assetScale: 6 });

/** @param {Problem["code"]} code @param {string | null} [detail] @returns {Problem} */
const problem = (code, detail = null) => ({ code, detail });

/** @type {Page} */
const PAGE = {
  site: "river.example",
  siteEnabled: true,
  rate: dollars("3.60"),
  hasOwnRate: false,
  state: "paying",
  paid: dollars("0.127"),
  once: null,
  receivers: ["https://wallet.example/river"],
  problem: null,
};

/** @type {Connection} */
const CONNECTION = {
  state: "connected",
  wallet: { address: "https://wallet.example/alice", name: "Alice", assetCode: "USD", assetScale: 6 },
  budget: dollars("10.00"),
  monthly: true,
  spent: dollars("2.873"),
  left: dollars("7.127"),
  topUp: null,
  problem: null,
};

/** @type {Connection} */
const NOTHING = {
  state: "disconnected", wallet: null, budget: null, monthly: false, spent: null, left: null, topUp: null, problem: null,
};

/** @type {View} */
const CONNECTED = {
  publicKey: {
    jwk: '{"kid":"dGhlIGtleSBvZiBhIGJyb3dzZXIgaW4gYSBwaWN0dXJl","alg":"EdDSA","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
    base64: "eyJraWQiOiJkR2hsSUd0bGVTQnZaaUJoSUdKeWIzZHpaWElnYVc0Z1lTQndhV04wZFhKbCIsImFsZyI6IkVkRFNBIiwia3R5IjoiT0tQIiwiY3J2IjoiRWQyNTUxOSIsIngiOiIxMXFZQVlLeENyZlZTXzdUeVdRSE9nN2hjdlBhcGlNbHJ3SWFhUGNIVVJvIn0=",
    kid: "dGhlIGtleSBvZiBhIGJyb3dzZXIgaW4gYSBwaWN0dXJl",
  },
  proxyUrl: "https://proxy.example/",
  enabled: true,
  connection: CONNECTION,
  notice: null,
  rate: dollars("3.60"),
  settings: { sites: [], maximumRate: null, idleMinutes: 5 },
  page: PAGE,
  memoryProblem: null,
  diagnostics: { ticks: 0, payments: 0, deviationsMs: [] },
};

/** @param {Partial<Page>} page @param {Partial<View>} [view] @returns {View} */
const onPage = (page, view = {}) => ({ ...CONNECTED, page: { ...PAGE, ...page }, ...view });

/** @param {Partial<Connection>} connection @param {Partial<Page>} [page] @returns {View} */
const withWallet = (connection, page = {}) => onPage(page, { connection: { ...CONNECTION, ...connection } });

/** @param {Connection["state"]} state @param {Partial<View>} [view] @returns {View} */
const onTheWay = (state, view = {}) => ({
  ...CONNECTED,
  connection: { ...NOTHING, state, wallet: CONNECTION.wallet, budget: CONNECTION.budget, monthly: true },
  rate: null, page: null, ...view,
});

/** @type {View} */
const FRESH = { ...CONNECTED, connection: NOTHING, rate: null, page: null };

/** Each state of the popup. @type {Record<string, View>} */
export const POPUP = {
  paying: CONNECTED,
  "two-wallets": onPage({ receivers: ["https://wallet.example/river", "https://wallet.example/spring"] }),
  "not-monetized": onPage({ state: "notMonetized", receivers: [], paid: null }),
  "no-page": { ...CONNECTED, page: null },
  paused: onPage({ state: "paused" }),
  "rate-zero": onPage({ state: "paused", rate: dollars("0.00"), hasOwnRate: true }),
  "site-off": onPage({ state: "siteOff", siteEnabled: false }),
  off: onPage({ state: "off" }, { enabled: false }),
  "out-of-funds": withWallet({ spent: dollars("10.00"), left: dollars("0.00"), problem: problem("out_of_funds") }, { state: "outOfFunds" }),
  "account-empty": withWallet({ problem: problem("account_empty", "Account does not have enough balance.") }, { state: "problem" }),
  "key-missing": withWallet({ problem: problem("key_missing") }, { state: "problem" }),
  "wallet-unreachable": onPage({ state: "problem", problem: problem("wallet_unreachable", "wallet.example") }),
  "proxy-unreachable": withWallet({ problem: problem("proxy_unreachable", "proxy.example") }, { state: "problem" }),
  notice: onPage({}, { notice: problem("rate_invalid", "not a number") }),
  giving: onPage({ once: { running: true, asked: dollars("1.00"), sent: dollars("0.00"), unsettled: null, problem: null } }),
  given: onPage({ once: { running: false, asked: dollars("1.00"), sent: dollars("1.00"), unsettled: null, problem: null } }),
  "given-part": onPage({
    once: { running: false, asked: dollars("1.00"), sent: dollars("0.40"), unsettled: dollars("0.20"), problem: problem("interrupted") },
  }),
  "topping-up": withWallet({ topUp: "awaitingConsent" }),
  "memory-lost": onPage({}, { memoryProblem: problem("state_set_aside", "settings") }),
  fresh: FRESH,
  connecting: onTheWay("awaitingKey"),
  unreadable: { ...FRESH, connection: { ...NOTHING, state: "unreadable", problem: problem("account_unreadable") } },
};

/** Each step of the welcome page, and what can go wrong on it. @type {Record<string, View>} */
export const WELCOME = {
  fresh: FRESH,
  "no-wallet": { ...FRESH, notice: problem("wallet_not_found", "wallet.example") },
  looking: onTheWay("checkingWallet"),
  key: onTheWay("awaitingKey"),
  consent: onTheWay("awaitingConsent"),
  declined: { ...FRESH, notice: problem("declined") },
  connected: { ...CONNECTED, connection: { ...CONNECTION, spent: dollars("0.00"), left: dollars("10.00") }, page: null },
  paid: { ...CONNECTED, page: null },
};

/** @type {View} */
const RULED = {
  ...CONNECTED,
  settings: {
    sites: [
      { site: "*.example.org", enabled: false, rate: null },
      { site: "blog.example.org", enabled: true, rate: null },
      { site: "river.example:8443", enabled: null, rate: dollars("1.25") },
    ],
    maximumRate: dollars("7.20"),
    idleMinutes: 7,
  },
  diagnostics: { ticks: 4_211, payments: 4_180, deviationsMs: [0, 1, 0, 12, 3] },
};

/** What the settings have to say. @type {Record<string, View>} */
export const SETTINGS = {
  ruled: RULED,
  "topping-up": withWallet({ topUp: "awaitingKey", problem: problem("key_missing") }),
  troubled: { ...RULED, notice: problem("list_invalid", "not a site"), memoryProblem: problem("state_set_aside", "settings") },
  fresh: FRESH,
  connecting: onTheWay("awaitingConsent"),
  unreadable: { ...FRESH, connection: { ...NOTHING, state: "unreadable", problem: problem("account_unreadable") } },
};

/** When the activity is looked at. */
export const NOW = "2026-11-22T18:30:00.000Z";

/** @param {number} number @returns {import("../../extension/view.js").Payment} */
const payment = (number) => ({
  id: `https://wallet.example/outgoing-payments/${number}`,
  time: new Date(Date.parse(NOW) - (90 - number) * 1_000).toISOString(),
  site: ["river.example", "spring.example", "a-very-long-name-of-a-site-that-nobody-would-type.example"][number % 7 % 3],
  walletAddress: "https://wallet.example/river",
  outcome: number === 88 ? "failed" : number === 85 ? "unknown" : "paid",
  sent: { value: "1000", assetCode: "USD", assetScale: 6 },
  received: null,
});

/** @param {number} number @returns {import("../../extension/view.js").Total} */
const total = (number) => ({
  day: number ? new Date(Date.parse(NOW) - number * 86_400_000 * 3 / 2).toISOString().slice(0, 10) : null,
  site: number ? `site-${number % 11}.example` : null,
  payments: number * number % 97 + 1,
  sent: { value: String((number * number % 97 + 1) * 1_000), assetCode: "USD", assetScale: 6 },
});

/** @type {import("../../extension/view.js").History} */
const HISTORY = {
  payments: Array.from({ length: 90 }, (_, number) => payment(number)),
  sums: Array.from({ length: 24 }, (_, number) => total(number)),
};

/** What the activity has to show. @type {Record<string, State>} */
export const ACTIVITY = {
  much: { ...CONNECTED, history: HISTORY },
  "two-currencies": { ...CONNECTED, history: {
    payments: HISTORY.payments.slice(84),
    sums: [
      { day: "2026-11-03", site: "river.example", payments: 2, sent: { value: "250", assetCode: "EUR", assetScale: 2 } },
      { day: null, site: null, payments: 3, sent: { value: "9007199254740993", assetCode: "EUR", assetScale: 2 } },
    ],
  } },
  nothing: { ...FRESH, history: { payments: [], sums: [] } },
  reading: CONNECTED,
};

/** The states of each page. @type {Record<string, Record<string, State>>} */
export const STATES = { popup: POPUP, welcome: WELCOME, settings: SETTINGS, activity: ACTIVITY };
