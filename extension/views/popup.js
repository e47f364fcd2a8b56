/** The popup: what the page in front gets, and every setting that is needed day to day. */

import { html, nothing, render } from './lit-html.js';
import { connecting, neededKey, toppingUp } from './connection.js';
import { problemNote, submit, toggle } from './parts.js';
import { watch } from './view-port.js';
import { amountOf, words } from './words.js';

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
      <h1>${words.name}</h1>
      ${isConnected ? toggle({
        label: words.enabled,
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
    <footer><a href="welcome.html" target="_blank">${words.more}</a></footer>`;
};

/** @param {View} view @param {Send} send */
const notConnected = (view, send) => html`
  <section class="card stack">
    <p class="status" role="status" data-testid="status" data-connection=${view.connection.state}>
      ${words.connection[view.connection.state]}
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
        <label class="label" for="rate">${words.rate}</label>
        <span class="unit">
          <input id="rate" name="rate" type="text" inputmode="decimal" aria-describedby="rate-hint"
            data-testid="rate" .value=${rate.value}>
          <span>${rate.assetCode}</span>
        </span>
        <button type="submit" class="quiet" data-testid="set-rate">${words.set}</button>
        <span class="hint" id="rate-hint">${words.rateHint}</span>
      </form>` : nothing}
  </section>
  <section class="card stack">${toppingUp({ connection, publicKey }, send)}</section>
  ${walletCard(connection, send)}`;

/** @param {Page | null} page @param {Send} send */
const pageCard = (page, send) => html`
  <section class="page" data-state=${page?.state ?? 'none'}>
    ${page ? html`<h2>${page.site}</h2>` : nothing}
    <p class="status" role="status" data-testid="status" data-connection="connected" data-page=${page?.state ?? 'none'}>
      ${page ? words.page[page.state] : words.noPage}
    </p>
    ${page?.paid ? html`
      <p class="paid">
        <span data-testid="paid"><strong>${page.paid.value}</strong> ${page.paid.assetCode}</span>
        <span class="hint">${words.paid}</span>
      </p>` : nothing}
    <svg class="stream" viewBox="0 0 360 24" preserveAspectRatio="none" aria-hidden="true">
      <path d="M-90 14q22.500-12 45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0"></path>
      <path d="M-90 18q22.500-9 45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0t45 0"></path>
    </svg>
    ${page ? toggle({
      label: words.siteEnabled,
      name: 'site-enabled',
      on: page.siteEnabled,
      change: (enabled) => send({ command: 'setSiteEnabled', site: page.site, enabled }),
    }) : nothing}
  </section>`;

/** @param {Connection} connection */
const spending = ({ budget, spent, monthly }) => budget && spent ? html`
  <div class="budget">
    <p id="budget-label"><span class="label">${words.budget}</span>
      <span><strong data-testid="spent">${amountOf(spent)}</strong> ${words.of}
        <span data-testid="budget">${amountOf(budget)}</span> ${words.period(monthly)}</span>
    </p>
    <progress value=${spent.value} max=${budget.value} aria-labelledby="budget-label"></progress>
  </div>` : nothing;

/** @param {Connection} connection @param {Send} send */
const walletCard = ({ wallet }, send) => html`
  <section class="card wallet-card">
    ${wallet ? html`
      <p class="wallet" data-testid="wallet">
        <strong>${wallet.name ?? words.wallet}</strong>
        <span class="detail">${wallet.address}</span>
      </p>` : nothing}
    <button type="button" class="quiet danger" title=${words.disconnectHint} data-testid="disconnect"
      @click=${() => send({ command: 'disconnect' })}>${words.disconnect}</button>
  </section>`;

watch((view, send) => render(popup(view, send), document.body));
