/** The pieces that more than one page is made of. */

import { html, nothing } from './lit-html.js';
import { words } from './words.js';

/** @typedef {import('../view.js').Problem} Problem */

/** @param {Problem | null | undefined} problem @param {string} [name] its test id */
export const problemNote = (problem, name = 'problem') => problem
  ? html`
    <p class="problem" role="alert" data-testid=${name} data-code=${problem.code}>
      ${problem.message}
      ${problem.detail ? html`<span class="detail">${problem.detail}</span>` : nothing}
    </p>`
  : nothing;

/**
 * A text that is there to be copied.
 * @param {{ label: string, text: string, name: string, copyName: string }} options `name` and `copyName` are test ids
 */
export const copyable = ({ label, text, name, copyName }) => html`
  <div class="copyable">
    <p class="label" id="${name}-label">${label}</p>
    <code tabindex="0" aria-labelledby="${name}-label" data-testid=${name}>${text}</code>
    <button type="button" class="quiet" aria-describedby="${name}-label" data-testid=${copyName}
      @click=${(/** @type {Event} */ event) => copy(text, event.currentTarget)}>${words.copy}</button>
    <output></output>
  </div>`;

/** @param {string} text @param {EventTarget | null} button */
async function copy(text, button) {
  await navigator.clipboard.writeText(text);
  const output = button instanceof HTMLElement ? button.nextElementSibling : null;
  if (!output) return;
  output.textContent = words.copied;
  setTimeout(() => { output.textContent = ''; }, 2000);
}

/**
 * A switch with its label.
 * @param {{ label: string, name: string, on: boolean, change: (on: boolean) => void }} options `name` is its test id
 */
export const toggle = ({ label, name, on, change }) => html`
  <label class="toggle">
    <span>${label}</span>
    <input type="checkbox" role="switch" data-testid=${name} .checked=${on}
      @change=${(/** @type {Event & { currentTarget: HTMLInputElement }} */ event) => change(event.currentTarget.checked)}>
  </label>`;

/**
 * Handles a form's submission with what was typed into it.
 * @param {(typed: FormData) => void} handle
 */
export const submit = (handle) => (/** @type {SubmitEvent & { currentTarget: HTMLFormElement }} */ event) => {
  event.preventDefault();
  handle(new FormData(event.currentTarget));
};
