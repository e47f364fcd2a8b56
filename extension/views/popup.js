/** The popup: what the page in front gets, what is left, and how to change either. */

import { html, nothing, render } from './lit-html.js';
import { connectionSteps, neededKey, topUp } from './connection.js';
import { amountOf, counted, message } from './message.js';
import { field, problemNote, submit, toggle } from './parts.js';
import { watch } from './view-port.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../view.js').Page} Page */
/** @typedef {import('../view.js').Money} Money */
/** @typedef {import('../view.js').Once} Once */
/** @typedef {import('../view.js').Connection} Connection */
/** @typedef {import('../command.js').Send} Send */

/** What is paid changes each second: so many decimals keep its width. */
const LIVE_DECIMALS = 4;

/** @param {View} view @param {Send} send */
const popup = (view, send) => {
  const isConnected = view.connection.state === 'connected';
  return html`
    <header>
      <img src="../icons/rivulet.svg" alt="" width="28" height="28">
      <h1>${message('name')}</h1>
      ${isConnected ? toggle({
        label: message('popup_enabled'),
        name: 'enabled',
        on: view.enabled,
        large: true,
        change: (enabled) => send({ command: 'setEnabled', enabled }),
      }) : nothing}
    </header>
    <main>
      ${problemNote(view.memoryProblem)}
      ${problemNote(view.notice, 'notice')}
      ${isConnected ? connected(view, send) : notConnected(view, send)}
    </main>
    <footer>
      <a href="activity.html" target="_blank">${message('activity_title')}</a>
      <a href="settings.html" target="_blank">${message('settings_title')}</a>
      <a href="welcome.html" target="_blank">${message('popup_more')}</a>
    </footer>`;
};

/** @param {View} view @param {Send} send */
const notConnected = ({ connection }, send) => {
  const isUnderWay = !['disconnected', 'unreadable'].includes(connection.state);
  return html`
    <section class="card stack">
      <p class="status" role="status" data-testid="status" data-connection=${connection.state}>
        ${message(`connection_${connection.state}`)}
      </p>
      ${problemNote(connection.problem)}
      ${isUnderWay ? connectionSteps(connection.state) : nothing}
      <p class="hint">${message('popup_nothingPaid')}</p>
      <a class="button" href="welcome.html" target="_blank" data-testid="set-up">
        ${message(isUnderWay ? 'popup_goOn' : 'popup_setUp')}
      </a>
      ${isUnderWay ? html`
        <button type="button" class="quiet" data-testid="cancel"
          @click=${() => send({ command: 'cancelConnect' })}>${message('cancel')}</button>` : nothing}
    </section>`;
};

/** @param {View} view @param {Send} send */
const connected = ({ page, connection, rate, publicKey }, send) => html`
  ${problemNote(connection.problem)}
  ${connection.problem?.code === 'key_missing' && publicKey
    ? html`<section class="card">${neededKey(publicKey, connection.wallet?.address)}</section>` : nothing}
  ${page ? pageCard(page, send) : html`
    <section class="page" data-state="none">
      <p class="status" role="status" data-testid="status" data-connection="connected" data-page="none">
        ${message('page_none')}
      </p>
      ${stream()}
    </section>`}
  <section class="card folds">
    ${spending(connection)}
    ${fold({
      name: 'top-up', label: message('popup_topUp'), open: connection.topUp !== null,
      content: topUp({ connection, publicKey }, send),
    })}
    ${rate ? fold({
      name: 'usual-rate', label: message('popup_rate'), value: message('popup_perHour', { rate: amountOf(rate) }),
      content: html`
        <form class="stack" autocomplete="off" novalidate
          @submit=${submit((typed) => send({ command: 'setRate', perHour: String(typed.get('rate')) }))}>
          ${rateField({ name: 'rate', label: message('popup_amountPerHour'), hint: message('popup_rateHint'), rate })}
          <button type="submit" class="quiet" data-testid="set-rate">${message('popup_set')}</button>
        </form>`,
    }) : nothing}
    ${wallet(connection, send)}
  </section>`;

/** @param {Page} page @param {Send} send */
const pageCard = (page, send) => html`
  <section class="page" data-state=${page.state}>
    <h2>${page.site}</h2>
    <p class="status" role="status" data-testid="status" data-connection="connected" data-page=${page.state}>
      ${message(page.state === 'paused' && page.rate && isZero(page.rate) ? 'page_rateZero' : `page_${page.state}`)}
    </p>
    ${page.state === 'notMonetized' ? nothing : figures(page)}
    ${stream()}
    ${toggle({
      label: message('popup_siteEnabled'),
      name: 'site-enabled',
      on: page.siteEnabled,
      change: (enabled) => send({ command: 'setSiteEnabled', site: page.site, enabled }),
    })}
  </section>
  ${problemNote(page.problem)}
  ${page.receivers.length > 0 ? html`
    <section class="card folds">
      ${once(page, send)}
      ${page.rate ? siteRate(page, page.rate, send) : nothing}
    </section>` : nothing}`;

/** @param {Page} page */
const figures = ({ paid, rate, receivers }) => rate ? html`
  <p class="paid figure">
    <strong data-testid="paid">${amountOf(paid ?? { ...rate, value: '0' }, Math.min(LIVE_DECIMALS, rate.assetScale))}</strong>
    <span class="hint">${message('popup_paid')}</span>
  </p>
  <dl>
    <dt>${message('popup_to')}</dt>
    <dd data-testid="receivers" title=${receivers.join('\n')}>${receivers.length === 1
      ? html`<bdi>${receivers[0].replace(/^https?:\/\//, '')}</bdi>` : counted('popup_wallets', receivers.length)}</dd>
    <dt>${message('popup_at')}</dt>
    <dd>${message('popup_perHour', { rate: amountOf(rate) })}</dd>
  </dl>` : nothing;

/** The water, which runs while the page is paid. */
const stream = () => html`
  <svg class="stream" viewBox="0 0 360 24" preserveAspectRatio="none" aria-hidden="true">
    <path d="M-90 14q22.500-12 45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0"></path>
    <path d="M-90 18q22.500-9 45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0"></path>
  </svg>`;

/**
 * A line that unfolds; of them all one is open at most.
 * @param {{ name: string, label: string, value?: string, open?: boolean, content: unknown }} options
 *   `name` is its test id
 */
const fold = ({ name, label, value, open = false, content }) => html`
  <details name="folds" data-testid=${name} ?open=${open}>
    <summary><span>${label}</span><span class="value figure">${value ?? nothing}</span></summary>
    ${content}
  </details>`;

/** @param {{ name: string, label: string, hint: string, rate: Money }} options */
const rateField = ({ name, label, hint, rate }) =>
  field({ name, label, hint, value: rate.value, testId: name, unit: rate.assetCode });

/** @param {Page} page @param {Send} send */
const once = (page, send) => html`
  ${fold({
    name: 'once', label: message('popup_once'), open: page.once?.running,
    content: html`
      <form class="stack" autocomplete="off" novalidate
        @submit=${submit((typed) => send({ command: 'payOnce', site: page.site, amount: String(typed.get('onceAmount')) }))}>
        ${field({
          name: 'onceAmount', label: message('popup_onceAmount'), value: '', testId: 'once-amount', unit: page.rate?.assetCode,
        })}
        <button type="submit" data-testid="give" ?disabled=${page.once?.running}>${message('popup_give')}</button>
      </form>`,
  })}
  <div class="outcome" role="status" data-testid="once-outcome">${page.once ? given(page.once) : nothing}</div>`;

/** @param {Once} once */
const given = ({ running, asked, sent, unsettled, problem }) => {
  if (running) return html`<p class="hint">${message('popup_giving', { asked: amountOf(asked) })}</p>`;
  const amounts = { asked: amountOf(asked), sent: amountOf(sent) };
  return html`
    <p class="hint">
      ${problem ? message('popup_givenPart', amounts) : message('popup_given', amounts)}
      ${unsettled ? message('popup_unsettled', { unsettled: amountOf(unsettled) }) : nothing}
    </p>
    ${problemNote(problem, 'once-problem')}`;
};

/** @param {Page} page @param {Money} rate @param {Send} send */
const siteRate = ({ site, hasOwnRate }, rate, send) => fold({
  name: 'site-rate-fold', label: message('popup_siteRate'), value: message('popup_perHour', { rate: amountOf(rate) }),
  content: html`
    <form class="stack" autocomplete="off" novalidate
      @submit=${submit((typed) => send({ command: 'setSiteRate', site, perHour: String(typed.get('site-rate')) }))}>
      ${rateField({ name: 'site-rate', label: message('popup_amountPerHour'), hint: message('popup_siteRateHint'), rate })}
      <div class="row">
        <button type="submit" class="quiet" data-testid="set-site-rate">${message('popup_set')}</button>
        ${hasOwnRate ? html`
          <button type="button" class="quiet" data-testid="usual-site-rate"
            @click=${() => send({ command: 'setSiteRate', site, perHour: null })}>${message('popup_usual')}</button>` : nothing}
      </div>
    </form>`,
});

/** @param {Connection} connection */
const spending = ({ budget, spent, left, monthly }) => budget && spent && left ? html`
  <div class="budget figure">
    <p id="budget-label">
      <strong data-testid="left">${message(monthly ? 'popup_leftMonthly' : 'popup_leftInTotal', { left: amountOf(left) })}</strong>
      <span class="hint" data-testid="spent">${message('popup_spent', { spent: amountOf(spent), budget: amountOf(budget) })}</span>
    </p>
    <progress value=${spent.value} max=${budget.value} aria-labelledby="budget-label"></progress>
  </div>` : nothing;

/** @param {Connection} connection @param {Send} send */
const wallet = ({ wallet }, send) => wallet ? fold({
  name: 'wallet-fold', label: message('wallet'), value: wallet.name ?? wallet.address,
  content: html`
    <div class="stack">
      <p class="detail" data-testid="wallet">${wallet.address}</p>
      <p class="hint">${message('disconnect_hint')}</p>
      <button type="button" class="quiet danger" data-testid="disconnect"
        @click=${() => send({ command: 'disconnect' })}>${message('disconnect')}</button>
    </div>`,
}) : nothing;

/** @param {Money} money */
const isZero = ({ value }) => !/[1-9]/.test(value);

watch((view, send) => render(popup(view, send), document.body));
