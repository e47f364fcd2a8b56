/** What was paid, added up. Amounts are whole numbers of minor units all the way. */

/** @typedef {import('../view.js').History} History */
/** @typedef {import('../view.js').Money} Money */
/** @typedef {Omit<Money, 'value'>} Asset */
/** @typedef {{ payments: number, units: bigint }} Sum */
/** @typedef {Map<string | null, Sum>} Sums by day or site; null stands for those that are not kept apart */

const DAY = 86_400_000;

/** @param {Asset} one @param {Asset} other */
const isSame = (one, other) => one.assetCode === other.assetCode && one.assetScale === other.assetScale;

/**
 * The currencies that were paid in, the latest first.
 * @param {History} history
 */
export const assetsOf = ({ payments, sums }) => {
  /** @type {Asset[]} */
  const assets = [];
  for (const { sent } of [...sums, ...payments].toReversed()) {
    if (!assets.some((asset) => isSame(asset, sent))) assets.push(sent);
  }
  return assets;
};

/**
 * What was paid in one currency: in all, by day in UTC, and by site. What failed was not paid.
 * @param {History} history @param {Asset} asset
 */
export function addUp({ payments, sums }, asset) {
  const all = { payments: 0, units: 0n };
  /** @type {Sums} */
  const days = new Map();
  /** @type {Sums} */
  const sites = new Map();
  const paid = payments.filter(({ outcome }) => outcome !== 'failed')
    .map((payment) => ({ ...payment, day: payment.time.slice(0, 10), payments: 1 }));
  for (const { day, site, payments: count, sent } of [...sums, ...paid]) {
    if (!isSame(sent, asset)) continue;
    for (const sum of [all, at(days, day), at(sites, site)]) {
      sum.payments += count;
      sum.units += BigInt(sent.value);
    }
  }
  return { all, days, sites };
}

/** @param {Sums} sums @param {string | null} key */
function at(sums, key) {
  const sum = sums.get(key) ?? { payments: 0, units: 0n };
  sums.set(key, sum);
  return sum;
}

/**
 * The last days in UTC, today being the last of them.
 * @param {number} count
 */
export const lastDays = (count) => Array.from({ length: count },
  (_, index) => new Date(Date.now() - (count - 1 - index) * DAY).toISOString().slice(0, 10));

/**
 * Minor units in whole ones.
 * @param {bigint} units @param {Asset} asset
 * @returns {Money}
 */
export const moneyOf = (units, { assetCode, assetScale }) => {
  const digits = String(units).padStart(assetScale + 1, '0');
  const point = digits.length - assetScale;
  return { value: [digits.slice(0, point), digits.slice(point)].filter(Boolean).join('.'), assetCode, assetScale };
};
