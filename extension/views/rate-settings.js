/** What is paid per hour: everywhere, at most, and to some sites. */

import { html, nothing } from './lit-html.js';
import { amountOf, counted, message } from './message.js';
import { button, save, searchField } from './page.js';
import { field, submit } from './parts.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../view.js').Money} Money */
/** @typedef {import('../view.js').SiteRule} SiteRule */
/** @typedef {import('../command.js').Send} Send */

/**
 * No list that was exported here is longer, and the background drops what is: in bytes, or in what
 * a message with it has.
 */
const LONGEST_FILE = 260_000;

let query = '';
let isFileTooLong = false;

/** @param {View} view @param {Send} send */
export const rates = ({ rate, settings: { maximumRate } }, send) => rate ? html`
  <form class="beside" autocomplete="off" novalidate
    @submit=${submit((typed) => send({ command: 'setRate', perHour: String(typed.get('rate')) }))}>
    ${field({
      label: message('popup_rate'), name: 'rate', value: rate.value, testId: 'rate', hint: message('popup_rateHint'), unit: rate.assetCode,
    })}
    <button type="submit" class="quiet" data-testid="set-rate">${message('popup_set')}</button>
  </form>
  <form class="beside" autocomplete="off" novalidate
    @submit=${submit((typed) => send({ command: 'setMaximumRate', perHour: String(typed.get('maximum')).trim() || null }))}>
    ${field({
      label: message('settings_maximum'), name: 'maximum', value: maximumRate?.value ?? '', testId: 'maximum',
      hint: message('settings_maximumHint'), unit: rate.assetCode,
    })}
    <button type="submit" class="quiet" data-testid="set-maximum">${message('popup_set')}</button>
  </form>` : html`<p class="hint">${message('settings_ratesLater')}</p>`;

/** @param {View} view @param {Send} send @param {() => void} redraw */
export const sites = ({ settings: { sites }, rate }, send, redraw) => {
  const found = sites.filter(({ site }) => site.includes(query.trim().toLowerCase()));
  return html`
    <p class="hint">${message('settings_sitesHint')}</p>
    <form class="stack" autocomplete="off" novalidate @submit=${submit((typed) => setRule(typed, sites, send))}>
      ${field({
        label: message('settings_site'), name: 'site', value: '', testId: 'site', hint: message('settings_siteHint'), inputMode: 'url',
      })}
      <label class="check">
        <input id="siteEnabled" name="enabled" type="checkbox" data-testid="site-enabled" .checked=${true}>
        <span>${message('popup_siteEnabled')}</span>
      </label>
      ${rate ? field({
        label: message('settings_siteRate'), name: 'siteRate', value: '', testId: 'site-rate',
        hint: message('settings_siteRateHint'), unit: rate.assetCode,
      }) : nothing}
      <div><button type="submit" class="quiet" data-testid="set-site">${message('settings_setSite')}</button></div>
    </form>
    ${sites.length ? html`
      ${searchField('site-search', {
        label: message('settings_search'),
        found: counted('settings_rules', found.length),
        search: (typed) => {
          query = typed;
          redraw();
        },
      })}
      <ul class="rules" data-testid="rules">${found.map((rule) => ruleRow(rule, rate, send))}</ul>` : nothing}
    <div class="row start">
      ${button('import-sites', message('settings_import'), () => input('sites-file')?.click())}
      ${button('export-sites', message('settings_export'), () => save({
        name: 'rivulet-sites.json', mediaType: 'application/json', text: JSON.stringify({ sites }, null, 1),
      }), { disabled: !sites.length })}
      <input id="sites-file" type="file" accept=".json" hidden data-testid="sites-file" @change=${async () => {
        await importFile(send);
        redraw();
      }}>
    </div>
    ${isFileTooLong ? html`<p class="problem" role="alert" data-testid="file-problem">${message('settings_fileTooLong')}</p>` : nothing}`;
};

/** @param {SiteRule} rule @param {Money | null} usual the rate elsewhere @param {Send} send */
const ruleRow = (rule, usual, send) => html`
  <li>
    <strong class="detail">${rule.site}</strong>
    <span class="figure">${rule.enabled === false ? message('settings_siteOff')
      : rule.rate ? message('settings_perHour', { amount: amountOf(rule.rate) }) : message('settings_siteOn')}</span>
    ${button('edit-site', message('settings_edit'), () => edit(rule, usual), { about: rule.site })}
    ${button('remove-site', message('settings_remove'), () => send({ command: 'forgetSite', site: rule.site }), {
      about: rule.site, danger: true,
    })}
  </li>`;

/**
 * Sends what was typed for a site. A rate is only taken away where there is one: to take none away
 * would hide what was wrong with the rest.
 * @param {FormData} typed @param {SiteRule[]} sites @param {Send} send
 */
function setRule(typed, sites, send) {
  const site = String(typed.get('site')).trim();
  const perHour = String(typed.get('siteRate') ?? '').trim() || null;
  send({ command: 'setSiteEnabled', site, enabled: typed.has('enabled') });
  if (perHour || sites.some((rule) => rule.site === site.toLowerCase() && rule.rate)) {
    send({ command: 'setSiteRate', site, perHour });
  }
}

/**
 * Puts a rule into the form; a rate in another currency than the wallet's means nothing there.
 * @param {SiteRule} rule @param {Money | null} usual
 */
function edit({ site, enabled, rate }, usual) {
  const [name, isPaid, ownRate] = ['site', 'siteEnabled', 'siteRate'].map(input);
  if (name) name.value = site;
  if (isPaid) isPaid.checked = enabled ?? true;
  if (ownRate) ownRate.value = rate?.assetCode === usual?.assetCode && rate?.assetScale === usual?.assetScale ? rate?.value ?? '' : '';
  name?.focus();
}

/** @param {Send} send */
async function importFile(send) {
  const chooser = input('sites-file');
  const file = chooser?.files?.[0];
  if (!file) return;
  const text = file.size > LONGEST_FILE ? null : await file.text();
  isFileTooLong = text === null || JSON.stringify(text).length > LONGEST_FILE;
  if (text !== null && !isFileTooLong) send({ command: 'importSites', text });
  // So that the same file can be chosen again, once it is mended.
  chooser.value = '';
}

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement | null} */ (document.getElementById(id));
