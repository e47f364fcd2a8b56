// What is made of many measurements.

/**
 * The value that this share of all does not exceed.
 * @param {number[]} values
 * @param {number} share
 */
export function quantile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * Measures both sides by turns, each first in every other turn, so that what else runs on the machine meets both.
 * @template T
 * @param {number} times
 * @param {() => Promise<T>} ours
 * @param {() => Promise<T>} floor
 * @returns {Promise<{ours: T[], floor: T[]}>}
 */
export async function byTurns(times, ours, floor) {
  const measured = { ours: /** @type {T[]} */ ([]), floor: /** @type {T[]} */ ([]) };
  const sides = [
    async () => measured.ours.push(await ours()),
    async () => measured.floor.push(await floor()),
  ];
  for (let turn = 0; turn < times; turn += 1) {
    for (const side of sides.reverse()) await side();
  }
  return measured;
}
