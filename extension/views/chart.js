/** Bars without colours that mean anything: their length does, and what they stand for is written. */

import { html, svg } from './lit-html.js';

/** The length of the longest, and the least of what is not nothing: it can be seen. */
const LONGEST = 100;
const SHORTEST = 2;

/** @param {bigint} value @param {bigint} most */
const length = (value, most) => value ? Math.max(SHORTEST, Number(value * BigInt(LONGEST) / most)) : 0;

/** @param {bigint[]} values */
export const largest = (values) => values.reduce((most, value) => (value > most ? value : most), 0n);

/**
 * Columns side by side in front of lines at the top, in the middle and at the bottom.
 * @param {bigint[]} values @param {string} label what somebody hears who does not see them
 */
export const columns = (values, label) => {
  const most = largest(values);
  return html`
    <svg class="columns" viewBox="0 0 ${values.length} ${LONGEST}" preserveAspectRatio="none" role="img" aria-label=${label}>
      ${[0, LONGEST / 2, LONGEST].map((y) => svg`<path d="M0 ${y}H${values.length}"></path>`)}
      ${values.map((value, index) => {
        const height = length(value, most);
        return svg`<rect x=${index + 0.15} y=${LONGEST - height} width="0.7" height=${height}></rect>`;
      })}
    </svg>`;
};

/**
 * One bar beside the number that it stands for.
 * @param {bigint} value @param {bigint} most
 */
export const bar = (value, most) => html`
  <svg class="bar" viewBox="0 0 ${LONGEST} 1" preserveAspectRatio="none" aria-hidden="true">
    <rect width=${length(value, most)} height="1"></rect>
  </svg>`;
