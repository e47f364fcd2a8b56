/** The popup: what the page in front gets, and every setting that is needed day to day. */

import { html, nothing, render } from './lit-html.js';
import { connecting, neededKey, toppingUp } from './connection.js';
import { problemNote, submit, toggle } from './parts.js';
import { watch } from './view-port.js';
import { amountOf, message } from './message.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../command.js').Send} Send */
/** @typedef {import('../view.js').Page} Page */
/** @typedef {import('../view.js').Connection} Connection */

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
        change: (enabled) => send({ command: 'setEnabled', enabled }),
      }) : nothing}
    </header>
    <main>
      ${problemNote(view.memoryProblem)}
      ${problemNote(view.notice, 'notice')}
      ${isConnected ? connected(view, send) : notConnected(view, send)}
    </main>
    <footer><a href="welcome.html" target="_blank">${message('popup_more')}</a></footer>`;
};

/** @param {View} view @param {Send} send */
const notConnected = (view, send) => html`
  <section class="card stack">
    <p class="status" role="status" data-testid="status" data-connection=${view.connection.state}>
      ${message(`connection_${view.connection.state}`)}
    </p>
    ${problemNote(view.connection.problem)}
    ${connecting(view, send)}
  </section>`;

/** @param {View} view @param {Send} send */
const connected = ({ page, connection, rate, publicKey }, send) => html`
  ${pageCard(page, send)}
  ${problemNote(connection.problem ?? page?.problem)}
  ${connection.problem?.code === 'key_missing' && publicKey ? html`<section class="card">${neededKey(publicKey)}</section>` : nothing}
  <section class="card stack">
    ${spending(connection)}
    ${rate ? html`
      <form class="rate" autocomplete="off" novalidate
        @submit=${submit((typed) => send({ command: 'setRate', perHour: String(typed.get('rate')) }))}>
        <label class="label" for="rate">${message('popup_rate')}</label>
        <span class="unit">
          <input id="rate" name="rate" type="text" inputmode="decimal" aria-describedby="rate-hint"
            data-testid="rate" .value=${rate.value}>
          <span>${rate.assetCode}</span>
        </span>
        <button type="submit" class="quiet" data-testid="set-rate">${message('popup_set')}</button>
        <span class="hint" id="rate-hint">${message('popup_rateHint')}</span>
      </form>` : nothing}
  </section>
  <section class="card stack">${toppingUp({ connection, publicKey }, send)}</section>
  ${walletCard(connection, send)}`;

/** @param {Page | null} page @param {Send} send */
const pageCard = (page, send) => html`
  <section class="page" data-state=${page?.state ?? 'none'}>
    ${page ? html`<h2>${page.site}</h2>` : nothing}
    <p class="status" role="status" data-testid="status" data-connection="connected" data-page=${page?.state ?? 'none'}>
      ${page ? message(`page_${page.state}`) : message('page_none')}
    </p>
    ${page?.paid ? html`
      <p class="paid">
        <strong data-testid="paid">${amountOf(page.paid)}</strong>
        <span class="hint">${message('popup_paid')}</span>
      </p>` : nothing}
    <svg class="stream" viewBox="0 0 360 24" preserveAspectRatio="none" aria-hidden="true">
      <path d="M-90 14q22.500-12 45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0"></path>
      <path d="M-90 18q22.500-9 45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0"></path>
    </svg>
    ${page ? toggle({
      label: message('popup_siteEnabled'),
      name: 'site-enabled',
      on: page.siteEnabled,
      change: (enabled) => send({ command: 'setSiteEnabled', site: page.site, enabled }),
    }) : nothing}
  </section>`;

/** @param {Connection} connection */
const spending = ({ budget, spent, monthly }) => budget && spent ? html`
  <div class="budget">
    <p id="budget-label"><span class="label">${message('budget')}</span>
      <span data-testid="spent">${message(monthly ? 'popup_spentMonthly' : 'popup_spentInTotal', {
        spent: amountOf(spent), budget: amountOf(budget),
      })}</span>
    </p>
    <progress value=${spent.value} max=${budget.value} aria-labelledby="budget-label"></progress>
  </div>` : nothing;

/** @param {Connection} connection @param {Send} send */
const walletCard = ({ wallet }, send) => html`
  <section class="card wallet-card">
    ${wallet ? html`
      <p class="wallet" data-testid="wallet">
        <strong>${wallet.name ?? message('wallet')}</strong>
        <span class="detail">${wallet.address}</span>
      </p>` : nothing}
    <button type="button" class="quiet danger" title=${message('disconnect_hint')} data-testid="disconnect"
      @click=${() => send({ command: 'disconnect' })}>${message('disconnect')}</button>
  </section>`;

watch((view, send) => render(popup(view, send), document.body));
