/** Connecting a wallet: the form, and how far it has come. */

import { html, nothing } from './lit-html.js';
import { copyable, field, submit } from './parts.js';
import { message } from './message.js';

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

/**
 * What to do meanwhile, where there is something to do: a budget that is topped up goes on.
 * @type {Partial<Record<ConnectionState, Record<'first' | 'again', import('./message.js').Key>>>}
 */
const TODO = {
  awaitingKey: { first: 'todo_awaitingKey', again: 'todo_awaitingKey' },
  awaitingConsent: { first: 'todo_awaitingConsent', again: 'todo_topUp' },
};

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
      <summary>${message('popup_topUp')}</summary>
      <form class="stack" autocomplete="off" novalidate @submit=${submit((typed) => {
        remember(typed);
        send({ command: 'topUp', amount: draft.amount, monthly: draft.monthly });
      })}>
        <p class="hint">${message('popup_topUpHint')}</p>
        ${budgetFields()}
        <button type="submit" class="quiet" data-testid="ask">${message('popup_ask')}</button>
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
    ${field({
      label: message('wallet_address'), name: 'walletAddress', value: draft.walletAddress, testId: 'wallet-address',
      hint: message('wallet_address_hint'), inputMode: 'url',
    })}
    ${budgetFields()}
    <button type="submit" data-testid="connect">${message('connect')}</button>
  </form>`;

/**
 * The key that the wallet is waited to list.
 * @param {import('../view.js').PublicKey} publicKey
 */
export const neededKey = ({ jwk }) => copyable({
  label: message('public_key'), text: jwk, name: 'needed-key', copyName: 'copy-needed-key',
});

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

/** @param {Pick<View, 'connection' | 'publicKey'>} view @param {ConnectionState} state @param {Send} send */
const progress = ({ connection: { wallet, topUp }, publicKey }, state, send) => {
  const now = STEPS.findIndex(({ states }) => states.includes(state));
  const todo = TODO[state]?.[topUp ? 'again' : 'first'];
  return html`
    ${wallet ? html`
      <p class="wallet" data-testid="wallet">
        <strong>${wallet.name ?? wallet.address}</strong>
        <span class="detail">${wallet.address} · ${wallet.assetCode}</span>
      </p>` : nothing}
    <ol class="steps">
      ${STEPS.map(({ step }, index) => html`
        <li class=${index < now ? 'done' : nothing} aria-current=${index === now ? 'step' : nothing}>${message(`step_${step}`)}</li>`)}
    </ol>
    ${todo ? html`<p class="todo">${message(todo)}</p>` : nothing}
    ${state === 'awaitingKey' && publicKey ? neededKey(publicKey) : nothing}
    <button type="button" class="quiet wide" data-testid="cancel"
      @click=${() => send({ command: 'cancelConnect' })}>${message('cancel')}</button>`;
};
