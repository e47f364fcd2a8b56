/** Connecting a wallet: the form, and how far it has come. */

import { html, nothing } from './lit-html.js';
import { copyable, submit } from './parts.js';
import { words } from './words.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../command.js').Send} Send */
/** @typedef {import('../view.js').ConnectionState} ConnectionState */

/** What was sent last, so that an attempt that failed can be mended instead of typed again. */
const draft = { walletAddress: '', amount: '', monthly: false };

/** @type {{ label: string, states: ConnectionState[] }[]} */
const STEPS = [
  { label: words.steps.wallet, states: ['checkingWallet'] },
  { label: words.steps.key, states: ['awaitingKey'] },
  { label: words.steps.consent, states: ['requestingGrant', 'awaitingConsent'] },
  { label: words.steps.finish, states: ['finishing'] },
];

/**
 * What there is to see and do until a wallet is connected.
 * @param {View} view @param {Send} send
 */
export const connecting = (view, send) =>
  ['disconnected', 'unreadable'].includes(view.connection.state)
    ? connectForm(send) : progress(view, view.connection.state, send);

/**
 * A new budget from the wallet that is connected.
 * @param {Pick<View, 'connection' | 'publicKey'>} view @param {Send} send
 */
export const toppingUp = (view, send) => {
  const { topUp } = view.connection;
  return topUp ? progress(view, topUp, send) : html`
    <details data-testid="top-up">
      <summary>${words.topUp}</summary>
      <form class="stack" autocomplete="off" novalidate @submit=${submit((typed) => {
        remember(typed);
        send({ command: 'topUp', amount: draft.amount, monthly: draft.monthly });
      })}>
        <p class="hint">${words.topUpHint}</p>
        ${budgetFields()}
        <button type="submit" class="quiet" data-testid="ask">${words.ask}</button>
      </form>
    </details>`;
};

/** @param {Send} send */
const connectForm = (send) => html`
  <form class="stack" autocomplete="off" novalidate @submit=${submit((typed) => {
    draft.walletAddress = String(typed.get('walletAddress'));
    remember(typed);
    send({ command: 'connect', ...draft });
  })}>
    <label class="field">
      <span class="label">${words.walletAddress}</span>
      <input name="walletAddress" type="text" inputmode="url" spellcheck="false" autocapitalize="none"
        aria-describedby="wallet-address-hint" data-testid="wallet-address" .value=${draft.walletAddress}>
      <span class="hint" id="wallet-address-hint">${words.walletAddressHint}</span>
    </label>
    ${budgetFields()}
    <button type="submit" data-testid="connect">${words.connect}</button>
  </form>`;

/**
 * The key that the wallet is waited to list.
 * @param {import('../view.js').PublicKey} publicKey
 */
export const neededKey = ({ jwk }) => copyable({
  label: words.welcome.jwk, text: jwk, name: 'needed-key', copyName: 'copy-needed-key',
});

const budgetFields = () => html`
  <label class="field">
    <span class="label">${words.amount}</span>
    <input name="amount" type="text" inputmode="decimal" aria-describedby="amount-hint"
      data-testid="amount" .value=${draft.amount}>
    <span class="hint" id="amount-hint">${words.amountHint}</span>
  </label>
  <label class="check">
    <input name="monthly" type="checkbox" data-testid="monthly" .checked=${draft.monthly}>
    <span>${words.monthly}</span>
  </label>`;

/** @param {FormData} typed */
const remember = (typed) => {
  draft.amount = String(typed.get('amount'));
  draft.monthly = typed.has('monthly');
};

/** @param {Pick<View, 'connection' | 'publicKey'>} view @param {ConnectionState} state @param {Send} send */
const progress = ({ connection: { wallet }, publicKey }, state, send) => {
  const now = STEPS.findIndex(({ states }) => states.includes(state));
  return html`
    ${wallet ? html`
      <p class="wallet" data-testid="wallet">
        <strong>${wallet.name ?? wallet.address}</strong>
        <span class="detail">${wallet.address} · ${wallet.assetCode}</span>
      </p>` : nothing}
    <ol class="steps">
      ${STEPS.map(({ label }, index) => html`
        <li class=${index < now ? 'done' : nothing} aria-current=${index === now ? 'step' : nothing}>${label}</li>`)}
    </ol>
    ${words.todo[state] ? html`<p class="todo">${words.todo[state]}</p>` : nothing}
    ${state === 'awaitingKey' && publicKey ? neededKey(publicKey) : nothing}
    <button type="button" class="quiet wide" data-testid="cancel"
      @click=${() => send({ command: 'cancelConnect' })}>${words.cancel}</button>`;
};
