/** Wallets whose addresses can be suggested, and whose page for keys can be linked to. */

/** On this machine there is nothing but the sandbox. */
const LOOPBACK = /^https?:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/;

/** @type {{ name: string, address: string, keys: string }[]} */
const WALLETS = [
  {
    name: 'Interledger Test Wallet',
    address: 'https://ilp.interledger-test.dev/',
    keys: 'https://wallet.interledger-test.dev/settings/developer-keys',
  },
];
const SANDBOX = { name: 'Sandbox', address: 'http://127.0.0.1:4201/alice' };

/**
 * What can be chosen instead of typed; the sandbox only if the proxy is part of it too.
 * @param {string} proxyUrl
 */
export const knownWallets = (proxyUrl) => LOOPBACK.test(proxyUrl) ? [SANDBOX, ...WALLETS] : WALLETS;

/**
 * Where a wallet takes keys, if that is known. The sandbox takes one with the link.
 * @param {string} address @param {string} key in base64
 */
export const keyPage = (address, key) => {
  const { origin, pathname } = new URL(address);
  return LOOPBACK.test(origin)
    ? `${origin}/keys${pathname}?jwk=${encodeURIComponent(key)}`
    : WALLETS.find((wallet) => address.startsWith(wallet.address))?.keys;
};
