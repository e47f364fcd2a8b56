/**
 * The page that opens at install: what Rivulet does, who sees what, and the way from there to the
 * first payment. How far somebody is on it, the view tells; so it can be left and taken up again.
 */

import { html, nothing, render } from './lit-html.js';
import { SAMPLE_URL } from '../config.js';
import { connectForm, neededKey } from './connection.js';
import { amountOf, message } from './message.js';
import { askFor, field, problemNote, proxySees, submit } from './parts.js';
import { watch } from './view-port.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../view.js').ConnectionState} ConnectionState */
/** @typedef {import('../command.js').Send} Send */
/** @typedef {'wallet' | 'key' | 'consent' | 'pin' | 'pay'} Step */

/** @type {Step[]} */
const STEPS = ['wallet', 'key', 'consent', 'pin', 'pay'];
/** Which step is next while connecting. @type {Record<Exclude<ConnectionState, 'connected'>, Step>} */
const STEP_OF = {
  disconnected: 'wallet',
  unreadable: 'wallet',
  checkingWallet: 'wallet',
  awaitingKey: 'key',
  requestingGrant: 'consent',
  awaitingConsent: 'consent',
  finishing: 'consent',
};

/** Whether the button is in the toolbar for good. */
let isPinned = false;

/** @param {View} view @param {Send} send */
const welcome = (view, send) => {
  const now = currentStep(view);
  const done = STEPS.filter((step) => isDone(step, view));
  return html`
    <header>
      <img src="../icons/rivulet.svg" alt="" width="64" height="64">
      <h1>${message('welcome_title')}</h1>
      <p class="lead">${message('welcome_lead')}</p>
    </header>
    <main>
      <section class="stack" aria-labelledby="way">
        <div class="way">
          <h2 id="way">${message('welcome_way')}</h2>
          <span class="hint figure" id="progress-text">
            ${message('welcome_progress', { done: String(done.length), all: String(STEPS.length) })}
          </span>
          <progress value=${done.length} max=${STEPS.length} aria-labelledby="way progress-text"></progress>
        </div>
        <p class="spoken" role="status" data-testid="status" data-connection=${view.connection.state} data-step=${now}>
          ${message(now === 'done' ? 'welcome_done' : `welcome_${now}`)}
        </p>
        ${problemNote(view.memoryProblem)}
        ${problemNote(view.notice, 'notice')}
        ${problemNote(view.connection.problem)}
        <ol class="numbered">
          ${STEPS.map((step) => html`
            <li class=${done.includes(step) ? 'card done' : 'card'} aria-current=${step === now ? 'step' : nothing} data-testid="step-${step}">
              <h3>${message(`welcome_${step}`)}</h3>
              ${step === now ? html`<div class="stack">${CONTENT[step](view, send)}</div>` : nothing}
            </li>`)}
        </ol>
        ${hasPaid(view) ? html`<p class="todo" data-testid="done">${message('welcome_done')} ${spentSoFar(view)}</p>` : nothing}
      </section>
      ${privacy(view, send)}
    </main>`;
};

/** @param {View} view */
const hasPaid = ({ connection: { spent } }) => spent !== null && /[1-9]/.test(spent.value);

/** @param {View} view @returns {Step | 'done'} */
const currentStep = (view) => {
  const { state } = view.connection;
  if (state !== 'connected') return STEP_OF[state];
  if (!isPinned) return 'pin';
  return hasPaid(view) ? 'done' : 'pay';
};

/** @param {Step} step @param {View} view */
const isDone = (step, view) => {
  const { state } = view.connection;
  if (step === 'pin') return isPinned;
  if (step === 'pay') return hasPaid(view);
  return state === 'connected' || STEPS.indexOf(step) < STEPS.indexOf(STEP_OF[state]);
};

/** @param {View} view */
const spentSoFar = ({ connection: { spent } }) =>
  spent ? message('welcome_spent', { spent: amountOf(spent) }) : nothing;

/** @param {View} view @param {Send} send */
const walletStep = (view, send) => view.connection.state === 'checkingWallet' ? html`
  <p>${message('connection_checkingWallet')}</p>
  ${cancel(send)}` : html`
  <p>${message('welcome_walletText')}</p>
  ${connectForm(view, send)}`;

/** @param {View} view @param {Send} send */
const keyStep = ({ publicKey, connection: { wallet } }, send) => html`
  <p>${message('welcome_keyText')}</p>
  ${publicKey ? neededKey(publicKey, wallet?.address) : html`<p class="hint">${message('welcome_keyPending')}</p>`}
  ${waiting(message('welcome_keyWaiting'))}
  ${cancel(send)}`;

/** @param {View} view @param {Send} send */
const consentStep = ({ connection: { state, budget } }, send) => html`
  <p>${message('welcome_consentText', { budget: budget ? amountOf(budget) : '' })}</p>
  ${waiting(message(`connection_${state}`))}
  ${cancel(send)}`;

/** @param {View} view */
const pinStep = (view) => html`
  <p>${message('welcome_pinText')}</p>
  ${hasPaid(view) ? nothing : payStep(view)}`;

/** @param {View} view */
const payStep = (view) => html`
  <p>${message('welcome_payText')}</p>
  ${SAMPLE_URL ? html`
    <a class="button" href=${SAMPLE_URL} target="_blank" rel="noreferrer" data-testid="sample">${message('welcome_sample')}</a>` : nothing}
  ${view.enabled ? nothing : html`<p class="todo">${message('page_off')}</p>`}`;

/** @type {Record<Step, (view: View, send: Send) => unknown>} */
const CONTENT = { wallet: walletStep, key: keyStep, consent: consentStep, pin: pinStep, pay: payStep };

/** @param {string} what */
const waiting = (what) => html`<p class="waiting" data-testid="waiting">${what}</p>`;

/** @param {Send} send */
const cancel = (send) => html`
  <button type="button" class="quiet" data-testid="cancel"
    @click=${() => send({ command: 'cancelConnect' })}>${message('cancel')}</button>`;

/** @param {View} view @param {Send} send */
const privacy = ({ proxyUrl }, send) => html`
  <section class="card stack">
    <h2>${message('welcome_privacyTitle')}</h2>
    <p>${message('welcome_privacyText')}</p>
    <div class="columns">
      <div>
        ${proxySees()}
      </div>
      <div>
        <h3>${message('welcome_never')}</h3>
        <ul>
          <li>${message('welcome_neverAddress')}</li>
          <li>${message('welcome_neverOthers')}</li>
          <li>${message('welcome_neverOff')}</li>
        </ul>
      </div>
    </div>
    <p>${message('welcome_seesSum')}</p>
    <p>${message('welcome_proxy')} <code data-testid="proxy-url">${proxyUrl}</code></p>
    <details>
      <summary>${message('welcome_otherProxy')}</summary>
      <form class="stack" autocomplete="off" novalidate @submit=${submit((typed) => useProxy(String(typed.get('url')), send))}>
        ${field({ label: message('welcome_proxyUrl'), name: 'url', value: proxyUrl, testId: 'proxy-url-input', inputMode: 'url' })}
        <button type="submit" class="quiet" data-testid="set-proxy-url">${message('welcome_use')}</button>
      </form>
    </details>
  </section>`;

/**
 * Asks the browser for access to the proxy's host, which only a click may do, and names the proxy
 * to the background, which judges it.
 * @param {string} url as typed @param {Send} send
 */
async function useProxy(url, send) {
  if (URL.canParse(url)) {
    const { protocol, hostname } = new URL(url);
    await askFor([`${protocol}//${hostname}/*`]);
  }
  send({ command: 'setProxyUrl', url });
}

/** The last view, to be drawn again when what it does not tell has changed. @type {(() => void) | undefined} */
let redraw;

async function lookAtToolbar() {
  ({ isOnToolbar: isPinned = false } = await chrome.action.getUserSettings());
  redraw?.();
}
// No event tells of it in every browser; whoever pins the button comes back to this page.
document.addEventListener('visibilitychange', lookAtToolbar);
addEventListener('focus', lookAtToolbar);
lookAtToolbar();

watch((view, send) => {
  redraw = () => render(welcome(view, send), document.body);
  redraw();
});
