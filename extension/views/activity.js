/** What was paid: by day, by site and one by one. Nothing here comes from or goes to anywhere else. */

import { html, nothing, render } from './lit-html.js';
import { bar, columns, largest } from './chart.js';
import { addUp, assetsOf, lastDays, moneyOf } from './history.js';
import { amountOf, counted, dateOf, message } from './message.js';
import { button, choice, page, part, save, searchField } from './page.js';
import { problemNote } from './parts.js';
import { watch } from './view-port.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../view.js').History} History */
/** @typedef {import('../view.js').Payment} Payment */
/** @typedef {import('../command.js').Send} Send */
/** @typedef {import('./history.js').Asset} Asset */
/** @typedef {import('./history.js').Sums} Sums */

const DAYS = 30;
/** So many sites are listed at first, and so many payments at a time. */
const SITES = 8;
const PAYMENTS = 25;
/** The ledger is long, so it is only asked for anew after so many more payments. */
const STALE = 10;

/** @type {History | null} */
let history = null;
/** Which of the currencies is shown, the latest being the first. */
let assetShown = 0;
let sitesShown = SITES;
let paymentsShown = PAYMENTS;
let query = '';
let isFileWanted = false;
/** How many payments the extension had made when the ledger was asked for. */
let known = -Infinity;
/** @type {[View, Send]} */
let latest;

/** @param {View} view @param {Send} send */
const activity = (view, send) => page('activity', html`
  ${problemNote(view.memoryProblem)}
  ${history ? ledger(history, send) : html`<p role="status">${message('activity_reading')}</p>`}`);

/** @param {History} history @param {Send} send */
const ledger = (history, send) => {
  const assets = assetsOf(history);
  const asset = assets[assetShown] ?? assets[0];
  if (!asset) return html`<p class="card" role="status" data-testid="no-payments">${message('activity_none')}</p>`;
  const { all, days, sites } = addUp(history, asset);
  return html`
    ${part('by-day', message('activity_days'), html`
      ${assets.length > 1 ? choice('asset', {
        label: message('settings_currency'),
        options: assets.map(({ assetCode, assetScale }, index) => [String(index), `${assetCode} (${assetScale})`]),
        now: String(assetShown),
        choose: (index) => {
          assetShown = Number(index);
          draw();
        },
      }) : nothing}
      <p class="figure" data-testid="total">${counted('activity_total', all.payments, { amount: amountOf(moneyOf(all.units, asset)) })}</p>
      ${byDay(days, asset)}
      <p class="hint">${message('activity_utc')}</p>`)}
    ${part('by-site', message('activity_sites'), bySite(sites, asset))}
    ${part('payments', message('activity_payments'), oneByOne(history.payments))}
    ${part('export', message('activity_export'), html`
      <p class="hint">${message('activity_exportHint')}</p>
      <div class="row start">
        ${button('export-csv', message('activity_csv'), () => send({ command: 'exportLedger', format: 'csv' }))}
        ${button('export-json', message('activity_json'), () => {
          isFileWanted = true;
          send({ command: 'exportLedger', format: 'json' });
        })}
      </div>`)}`;
};

/** @param {Sums} days @param {Asset} asset */
const byDay = (days, asset) => {
  const shown = lastDays(DAYS);
  const values = shown.map((day) => days.get(day)?.units ?? 0n);
  const most = largest(values);
  const amount = amountOf(moneyOf(most, asset));
  return html`
    <figure>
      <span class="hint figure">${amount}</span>
      ${columns(values, message('activity_chart', { day: dayName(shown[values.indexOf(most)]), amount }))}
      <figcaption class="row hint"><span>${dayName(shown[0])}</span><span>${dayName(shown[DAYS - 1])}</span></figcaption>
    </figure>
    <details>
      <summary>${message('activity_asTable')}</summary>
      ${sumTable('day', [...days].toSorted(([one], [other]) => (other ?? '').localeCompare(one ?? '')), asset,
        (day) => (day ? dayName(day) : message('activity_earlier')))}
    </details>`;
};

/** @param {Sums} sites @param {Asset} asset */
const bySite = (sites, asset) => {
  const sorted = [...sites].toSorted(([, one], [, other]) => Number(one.units < other.units) - Number(one.units > other.units));
  const most = largest(sorted.map(([, { units }]) => units));
  return html`
    ${sumTable('site', sorted.slice(0, sitesShown), asset,
      (site, units) => html`${site ?? message('activity_others')}${bar(units, most)}`)}
    ${sorted.length > sitesShown ? html`
      <div>${button('all-sites', counted('activity_allSites', sorted.length), () => {
        sitesShown = Infinity;
        draw();
      })}</div>` : nothing}`;
};

/**
 * @param {'day' | 'site'} what @param {[string | null, import('./history.js').Sum][]} sums @param {Asset} asset
 * @param {(key: string | null, units: bigint) => unknown} head
 */
const sumTable = (what, sums, asset, head) => table([what, 'count', 'amount'], sums.map(([key, { payments, units }]) => html`
  <tr>
    <th scope="row">${head(key, units)}</th>
    <td>${payments}</td>
    <td>${amountOf(moneyOf(units, asset))}</td>
  </tr>`));

/** @param {Payment[]} payments */
const oneByOne = (payments) => {
  const found = payments.toReversed().filter(matches);
  return html`
    <p class="hint">${message('activity_paymentsHint')}</p>
    ${searchField('search', {
      label: message('activity_search'),
      found: counted('activity_found', found.length),
      search: (typed) => {
        query = typed.toLowerCase();
        paymentsShown = PAYMENTS;
        draw();
      },
    })}
    ${found.length ? table(['time', 'site', 'outcome', 'amount'], found.slice(0, paymentsShown).map((payment) => html`
      <tr>
        <td>${dateOf(new Date(payment.time), { dateStyle: 'short', timeStyle: 'medium', timeZone: 'UTC' })}</td>
        <td>${payment.site}<span class="detail">${payment.walletAddress}</span></td>
        <td>${message(`activity_${payment.outcome}`)}</td>
        <td>${amountOf(moneyOf(BigInt(payment.sent.value), payment.sent))}</td>
      </tr>`)) : nothing}
    ${found.length > paymentsShown ? html`
      <div>${button('more', message('activity_more'), () => {
        paymentsShown += PAYMENTS;
        draw();
      })}</div>` : nothing}`;
};

/** Whether each word that is searched for stands in it. @param {Payment} payment */
const matches = ({ time, site, walletAddress, outcome }) => {
  const text = [time, site, walletAddress, message(`activity_${outcome}`)].join(' ').toLowerCase();
  return query.split(/\s+/).every((word) => text.includes(word));
};

/** @param {('day' | 'time' | 'site' | 'outcome' | 'count' | 'amount')[]} heads @param {unknown[]} rows */
const table = (heads, rows) => html`
  <table>
    <thead><tr>${heads.map((head) => html`<th scope="col">${message(`activity_${head}`)}</th>`)}</tr></thead>
    <tbody>${rows}</tbody>
  </table>`;

/** @param {string} day */
const dayName = (day) => dateOf(new Date(day), { dateStyle: 'medium', timeZone: 'UTC' });

const draw = () => render(activity(...latest), document.body);

const ask = () => {
  const [{ diagnostics: { payments } }, send] = latest;
  if (document.hidden || Math.abs(payments - known) < STALE) return;
  known = payments;
  send({ command: 'exportLedger', format: 'json' });
};

watch((view, send) => {
  latest = [view, send];
  draw();
  ask();
}, (file) => {
  const isHistory = file.mediaType === 'application/json';
  if (!isHistory || isFileWanted) save(file);
  if (!isHistory) return;
  isFileWanted = false;
  history = JSON.parse(file.text);
  draw();
});

document.addEventListener('visibilitychange', () => {
  known = -Infinity;
  if (history) ask();
});
