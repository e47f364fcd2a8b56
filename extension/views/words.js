/** Every word that the views show, in one place. */

/** @typedef {import('../view.js').ConnectionState} ConnectionState */
/** @typedef {import('../view.js').PageState} PageState */
/** @typedef {import('../view.js').Money} Money */

export const words = {
  name: 'Rivulet',
  copy: 'Copy',
  copied: 'Copied',
  cancel: 'Cancel',

  /** @type {Record<ConnectionState, string>} */
  connection: {
    disconnected: 'Connect a wallet to start.',
    checkingWallet: 'Looking up your wallet…',
    awaitingKey: 'Waiting for your key',
    requestingGrant: 'Asking your wallet for the budget…',
    awaitingConsent: 'Waiting for your approval',
    finishing: 'Almost there…',
    connected: 'Connected',
    unreadable: 'Your wallet cannot be read',
  },
  /** What to do meanwhile, where there is something to do. @type {Partial<Record<ConnectionState, string>>} */
  todo: {
    awaitingKey:
      'Your wallet does not know this browser yet. Copy the key below, add it in your wallet’s '
      + 'settings under developer keys, and come back: Rivulet carries on by itself.',
    awaitingConsent:
      'Your wallet has opened in a tab. Look at the budget there and decide. Nothing is paid '
      + 'before you accept.',
  },
  steps: {
    wallet: 'Find your wallet',
    key: 'Recognise this browser',
    consent: 'Your approval',
    finish: 'Connect',
  },

  /** @type {Record<PageState, string>} */
  page: {
    notMonetized: 'This page does not ask for payments.',
    paying: 'Paying while you read',
    paused: 'Paused while you look elsewhere',
    siteOff: 'Payments are off for this site',
    off: 'All payments are off',
    notConnected: 'No wallet is connected',
    outOfFunds: 'Your budget is used up',
    problem: 'Not paying right now',
  },
  noPage: 'Open a page that takes part, and payments start by themselves.',
  paid: 'sent in this visit',
  enabled: 'Payments',
  siteEnabled: 'Pay this site',

  connect: 'Connect',
  walletAddress: 'Wallet address',
  walletAddressHint: 'Your wallet shows it, for example $wallet.example/alice',
  amount: 'Budget',
  amountHint: 'In your wallet’s currency. Never more than this is spent.',
  monthly: 'Start over every month',
  topUp: 'Top up or connect again',
  topUpHint: 'Your wallet is asked for a new budget, which takes the place of this one.',
  ask: 'Ask my wallet',

  budget: 'Budget',
  of: 'of',
  /** @type {(monthly: boolean) => string} */
  period: (monthly) => (monthly ? 'this month' : 'in total'),
  rate: 'Rate per hour',
  rateHint: 'Shared out second by second among the pages you look at.',
  set: 'Set',
  wallet: 'Wallet',
  disconnect: 'Disconnect',
  disconnectHint: 'Ends the permission and makes a new key.',
  more: 'Your key, the proxy and privacy',

  welcome: {
    title: 'Welcome to Rivulet',
    lead:
      'Some pages carry a wallet address. While you look at one, Rivulet pays it a little every '
      + 'second, out of a budget that you set once. Look away, and it stops.',
    keyTitle: 'Give your wallet this key',
    keyText:
      'It was made in this browser and names it. Add it in your wallet’s settings under developer '
      + 'keys. The private half never leaves this browser: only it can spend.',
    keyPending: 'The key is being made…',
    jwk: 'Public key (JWK)',
    base64: 'The same in base64, for wallets that ask for that',
    connectTitle: 'Connect your wallet',
    connectText:
      'Name your wallet and a budget. Your wallet then asks you to approve it. You can disconnect '
      + 'at any time.',
    connected: 'Your wallet is connected. You can close this page.',
    readTitle: 'Read',
    readText:
      'That is all. The Rivulet button in the toolbar shows what the page in front of you gets, '
      + 'and lets you change the rate or switch a site off.',
    privacyTitle: 'Who sees what',
    privacyText:
      'Payments go through a proxy. It cannot spend on its own, because every payment is signed in '
      + 'this browser. But it has to know whom to pay:',
    sees: 'The proxy sees',
    seesList: [
      'your wallet address, and the key above',
      'the wallet address of each page you pay',
      'the second and the amount of each payment',
    ],
    seesSum: 'Together that is a history of the monetized sites you visit. It keeps no record of whom you pay.',
    never: 'Nobody is told',
    neverList: [
      'the address or the title of any page',
      'anything about pages that do not ask for payments',
      'anything at all while payments are off',
    ],
    proxy: 'The proxy in use is',
    otherProxy: 'Use another proxy',
    proxyUrl: 'Address of the proxy',
    use: 'Use it',
  },
};

/** @param {Money} money */
export const amountOf = ({ value, assetCode }) => `${value} ${assetCode}`;
