/** Connecting a wallet: the form, the key, and how far it has come. */

import { html, nothing } from './lit-html.js';
import { message } from './message.js';
import { askFor, copyable, field, submit } from './parts.js';
import { keyPage, knownWallets } from './wallets.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../command.js').Send} Send */
/** @typedef {import('../view.js').ConnectionState} ConnectionState */

/** What was sent last, so that an attempt that failed can be mended instead of typed again. */
const draft = { walletAddress: '', amount: '', monthly: false };

/** @type {{ step: 'wallet' | 'key' | 'consent' | 'finish', states: ConnectionState[] }[]} */
const STEPS = [
  { step: 'wallet', states: ['checkingWallet'] },
  { step: 'key', states: ['awaitingKey'] },
  { step: 'consent', states: ['requestingGrant', 'awaitingConsent'] },
  { step: 'finish', states: ['finishing'] },
];

/** @param {Pick<View, 'proxyUrl'>} view @param {Send} send */
export const connectForm = ({ proxyUrl }, send) => html`
  <form class="stack" autocomplete="off" novalidate @submit=${submit(async (typed) => {
    draft.walletAddress = String(typed.get('walletAddress'));
    remember(typed);
    await askFor(chrome.runtime.getManifest().host_permissions);
    send({ command: 'connect', ...draft });
  })}>
    ${field({
      label: message('wallet_address'), name: 'walletAddress', value: draft.walletAddress, testId: 'wallet-address',
      hint: message('wallet_address_hint'), inputMode: 'url',
    })}
    <div class="choices" role="group" aria-label=${message('wallet_known')}>
      ${knownWallets(proxyUrl).map(({ name, address }) => html`
        <button type="button" class="quiet" @click=${choose(address)}>${name}</button>`)}
    </div>
    ${budgetFields()}
    <button type="submit" data-testid="connect">${message('connect')}</button>
  </form>`;

/**
 * Fills in what the addresses of a wallet begin with, or one as a whole.
 * @param {string} address
 */
const choose = (address) => (/** @type {Event & { currentTarget: HTMLButtonElement }} */ event) => {
  const input = event.currentTarget.form?.elements.namedItem('walletAddress');
  if (!(input instanceof HTMLInputElement)) return;
  input.value = address;
  input.focus();
};

/**
 * A new budget from the wallet that is connected: what to fill in, or how far it has come.
 * @param {Pick<View, 'connection' | 'publicKey'>} view @param {Send} send
 */
export const topUp = ({ connection, publicKey }, send) => connection.topUp === null ? html`
  <form class="stack" autocomplete="off" novalidate @submit=${submit((typed) => {
    remember(typed);
    send({ command: 'topUp', amount: draft.amount, monthly: draft.monthly });
  })}>
    <p class="hint">${message('popup_topUpHint')}</p>
    ${budgetFields()}
    <button type="submit" data-testid="ask">${message('popup_ask')}</button>
  </form>` : html`
  <div class="stack">
    ${connectionSteps(connection.topUp)}
    ${connection.topUp === 'awaitingConsent' ? html`<p class="todo">${message('todo_topUp')}</p>` : nothing}
    ${connection.topUp === 'awaitingKey' && publicKey ? neededKey(publicKey, connection.wallet?.address) : nothing}
    <button type="button" class="quiet" data-testid="cancel"
      @click=${() => send({ command: 'cancelConnect' })}>${message('cancel')}</button>
  </div>`;

/**
 * The key that the wallet is waited to list, and the way there if the wallet is known to have one.
 * @param {import('../view.js').PublicKey} publicKey @param {string} [address] of the wallet
 */
export const neededKey = ({ jwk, base64 }, address) => {
  const page = address && keyPage(address, base64);
  return html`
    <div class="stack">
      ${page ? html`
        <a class="button" href=${page} target="_blank" rel="noreferrer" data-testid="send-key">${message('key_send')}</a>` : nothing}
      ${copyable({ label: message('public_key'), text: jwk, name: 'public-key', copyName: 'copy-key' })}
      <details>
        <summary>${message('key_base64')}</summary>
        ${copyable({ label: message('key_base64'), text: base64, name: 'public-key-base64', copyName: 'copy-key-base64' })}
      </details>
    </div>`;
};

/** @param {ConnectionState} state */
export const connectionSteps = (state) => {
  const now = STEPS.findIndex(({ states }) => states.includes(state));
  return html`
    <ol class="steps">
      ${STEPS.map(({ step }, index) => html`
        <li class=${index < now ? 'done' : nothing} aria-current=${index === now ? 'step' : nothing}>${message(`step_${step}`)}</li>`)}
    </ol>`;
};

const budgetFields = () => html`
  ${field({ label: message('budget'), name: 'amount', value: draft.amount, testId: 'amount', hint: message('budget_hint') })}
  <label class="check">
    <input name="monthly" type="checkbox" data-testid="monthly" .checked=${draft.monthly}>
    <span>${message('monthly')}</span>
  </label>`;

/** @param {FormData} typed */
const remember = (typed) => {
  draft.amount = String(typed.get('amount'));
  draft.monthly = typed.has('monthly');
};
