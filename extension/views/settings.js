/** The settings: everything that is chosen once in a while. */

import { html, nothing, render } from './lit-html.js';
import { neededKey, topUp } from './connection.js';
import { amountOf, chooseLanguage, chosenLanguage, counted, LANGUAGES, message, nameOf } from './message.js';
import { choice, page, part, risky } from './page.js';
import { problemNote, proxySees } from './parts.js';
import { proxy } from './proxy-settings.js';
import { rates, sites } from './rate-settings.js';
import { watch } from './view-port.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../command.js').Send} Send */
/** @typedef {'wallet' | 'budget' | 'rates' | 'sites' | 'presence' | 'language' | 'privacy' | 'proxy' | 'advanced'} Section */

/** After so many minutes somebody can count as away. */
const IDLE_MINUTES = [1, 2, 5, 10, 15, 30, 60, 240];

/**
 * What is said when a command has done what it was for, where nothing else shows that.
 * @type {Partial<Record<Section, import('./message.js').Key>>}
 */
const DONE = {
  rates: 'settings_saved',
  sites: 'settings_saved',
  presence: 'settings_saved',
  proxy: 'settings_saved',
  privacy: 'settings_deleted',
};

/** Where the last command came from: there it is said what became of it. @type {Section | null} */
let asked = null;
/** Whether a view has come since. */
let isAnswered = false;

/** @param {View} view @param {Send} send @param {() => void} redraw */
const settings = (view, send, redraw) => {
  /** @param {Section} name @param {(view: View, send: Send, redraw: () => void) => unknown} content */
  const section = (name, content) => {
    const done = asked === name && isAnswered && !view.notice ? DONE[name] : undefined;
    return part(name, message(`settings_${name}`), html`
      ${content(view, (command) => {
        asked = name;
        isAnswered = false;
        send(command);
      }, redraw)}
      <p role="status" class="hint">${done ? message(done) : nothing}</p>
      ${asked === name ? problemNote(view.notice, 'notice') : nothing}`);
  };
  return page('settings', html`
    ${problemNote(view.memoryProblem)}
    ${asked ? nothing : problemNote(view.notice, 'notice')}
    ${section('wallet', wallet)}
    ${view.connection.state === 'connected' ? section('budget', budget) : nothing}
    ${section('rates', rates)}
    ${section('sites', sites)}
    ${section('presence', presence)}
    ${section('language', language)}
    ${section('privacy', privacy)}
    ${section('proxy', proxy)}
    ${section('advanced', advanced)}`);
};

/** @param {View} view @param {Send} send */
const wallet = (view, send) => {
  const { connection, publicKey } = view;
  const { state, wallet, problem } = connection;
  return html`
    <p class="status" role="status" data-testid="status" data-connection=${state}>${message(`connection_${state}`)}</p>
    ${problemNote(problem)}
    ${state === 'connected' && wallet ? html`
      <dl>
        ${wallet.name ? entry(message('settings_walletName'), wallet.name) : nothing}
        ${entry(message('wallet_address'), wallet.address)}
        ${entry(message('settings_currency'), wallet.assetCode)}
      </dl>` : html`
      <div><a class="button" href="welcome.html">${message(state === 'disconnected' ? 'popup_setUp' : 'popup_goOn')}</a></div>`}
    ${publicKey && connection.topUp !== 'awaitingKey' ? html`
      <details>
        <summary>${message('settings_key')}</summary>
        ${neededKey(publicKey, wallet?.address)}
      </details>` : nothing}
    ${['connected', 'unreadable'].includes(state) ? html`
      <p class="hint">${message('settings_disconnectHint')}</p>
      ${risky('disconnect', {
        label: message('disconnect'),
        title: message('settings_disconnectTitle'),
        text: message('settings_disconnectText'),
        act: () => send({ command: 'disconnect' }),
      })}` : nothing}`;
};

/** @param {View} view @param {Send} send */
const budget = (view, send) => {
  const { budget, spent, left, monthly } = view.connection;
  return html`
    ${budget && spent && left ? html`
      <p class="figure" data-testid="budget-left">
        <strong>${message(monthly ? 'popup_leftMonthly' : 'popup_leftInTotal', { left: amountOf(left) })}</strong><br>
        ${message('popup_spent', { spent: amountOf(spent), budget: amountOf(budget) })}
      </p>` : nothing}
    <details data-testid="top-up" ?open=${view.connection.topUp !== null}>
      <summary>${message('popup_topUp')}</summary>
      ${topUp(view, send)}
    </details>`;
};

/** @param {View} view @param {Send} send */
const presence = ({ settings: { idleMinutes } }, send) => choice('idle', {
  label: message('settings_idle'),
  hint: message('settings_idleHint'),
  options: [['', message('settings_never')], ...[...new Set([...IDLE_MINUTES, ...idleMinutes ? [idleMinutes] : []])]
    .map((minutes) => /** @type {[string, string]} */ ([String(minutes), counted('settings_minutes', minutes)]))],
  now: String(idleMinutes ?? ''),
  choose: (minutes) => send({ command: 'setIdle', minutes: minutes ? Number(minutes) : null }),
});

const language = () => choice('choose-language', {
  label: message('settings_pagesIn'),
  options: [['', message('settings_browserLanguage')], ...LANGUAGES.map((tag) => /** @type {[string, string]} */ ([tag, nameOf(tag)]))],
  now: chosenLanguage() ?? '',
  choose: (tag) => chooseLanguage(tag || null),
});

/** @param {View} _view @param {Send} send */
const privacy = (_view, send) => html`
  <h3>${message('settings_kept')}</h3>
  <ul>
    <li>${message('settings_keptKey')}</li>
    <li>${message('settings_keptWallet')}</li>
    <li>${message('settings_keptPayments')}</li>
  </ul>
  <p class="hint">${message('settings_keptWhere')}</p>
  ${proxySees()}
  <p class="hint">${message('welcome_seesSum')}</p>
  ${risky('forget', {
    label: message('settings_forget'),
    title: message('settings_forgetTitle'),
    text: message('settings_forgetText'),
    act: () => send({ command: 'forgetLedger' }),
  })}`;

/** @param {View} view */
const advanced = ({ publicKey, diagnostics: { ticks, payments, deviationsMs } }) => html`
  <dl>
    ${entry(message('settings_version'), chrome.runtime.getManifest().version)}
    ${publicKey ? entry(message('settings_keyId'), publicKey.kid) : nothing}
  </dl>
  <details>
    <summary>${message('settings_diagnostics')}</summary>
    <dl>
      ${entry(message('settings_ticks'), String(ticks))}
      ${entry(message('settings_payments'), String(payments))}
      ${entry(message('settings_deviations'), deviationsMs.slice(-20).join(', ') || '–')}
      ${entry(message('settings_browser'), navigator.userAgent)}
    </dl>
  </details>`;

/** @param {string} name @param {string} value */
const entry = (name, value) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;

/** @param {View} view @param {Send} send */
function draw(view, send) {
  const focused = document.activeElement;
  render(settings(view, send, () => draw(view, send)), document.body);
  // What had the focus may be gone now, together with the rule or the wallet that it was about.
  if (!focused?.isConnected) document.getElementById(`${asked}-title`)?.focus();
}

watch((view, send) => {
  isAnswered = true;
  draw(view, send);
});
