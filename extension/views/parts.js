/** The pieces that more than one page is made of. */

import { html, nothing } from './lit-html.js';
import { message } from './message.js';

/** @typedef {import('../view.js').Problem} Problem */

/**
 * What is wrong, and what to do; what a technician would ask for is folded away.
 * @param {Problem | null | undefined} problem @param {string} [name] its test id
 */
export const problemNote = (problem, name = 'problem') => problem
  ? html`
    <div class="problem" role="alert" data-testid=${name} data-code=${problem.code}>
      <p>${message(`problem_${problem.code}`)}</p>
      ${problem.detail ? html`
        <details>
          <summary>${message('details')}</summary>
          <span class="detail">${problem.detail}</span>
        </details>` : nothing}
    </div>`
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
      @click=${(/** @type {Event} */ event) => copy(text, event.currentTarget)}>${message('copy')}</button>
    <output></output>
  </div>`;

/** @param {string} text @param {EventTarget | null} button */
async function copy(text, button) {
  await navigator.clipboard.writeText(text);
  const output = button instanceof HTMLElement ? button.nextElementSibling : null;
  if (!output) return;
  output.textContent = message('copied');
  setTimeout(() => { output.textContent = ''; }, 2000);
}

/**
 * A switch with its label.
 * @param {{ label: string, name: string, on: boolean, large?: boolean, change: (on: boolean) => void }} options
 *   `name` is its test id
 */
export const toggle = ({ label, name, on, large = false, change }) => html`
  <label class=${large ? 'toggle large' : 'toggle'}>
    <span>${label}</span>
    <input type="checkbox" role="switch" data-testid=${name} .checked=${on}
      @change=${(/** @type {Event & { currentTarget: HTMLInputElement }} */ event) => change(event.currentTarget.checked)}>
  </label>`;

/**
 * A field with what it is called above it, and what it is for below.
 * @param {{ label: string, name: string, value: string, testId: string, hint?: string, unit?: string,
 *   inputMode?: 'url' | 'decimal' }} options `name` is unique in the page
 */
export const field = ({ label, name, value, testId, hint, unit, inputMode = 'decimal' }) => html`
  <div class="field">
    <label class="label" for=${name}>${label}</label>
    <span class=${unit ? 'unit' : nothing}>
      <input id=${name} name=${name} type="text" inputmode=${inputMode} spellcheck="false" autocapitalize="none"
        aria-describedby=${hint ? `${name}-hint` : nothing} data-testid=${testId} .value=${value}>
      ${unit ? html`<span>${unit}</span>` : nothing}
    </span>
    ${hint ? html`<span class="hint" id="${name}-hint">${hint}</span>` : nothing}
  </div>`;

/**
 * Handles a form's submission with what was typed into it.
 * @param {(typed: FormData) => void} handle
 */
export const submit = (handle) => (/** @type {SubmitEvent & { currentTarget: HTMLFormElement }} */ event) => {
  event.preventDefault();
  handle(new FormData(event.currentTarget));
};

/**
 * Asks the browser for access to these origins, which only a click may do. Firefox lets a person
 * take away even what every extension gets at install; what is there already is not asked for.
 * @param {string[] | undefined} origins match patterns
 */
export const askFor = (origins) => chrome.permissions.request({ origins }).catch(() => false);

/** What the proxy learns of each payment. */
export const proxySees = () => html`
  <h3>${message('welcome_sees')}</h3>
  <ul>
    <li>${message('welcome_seesPayer')}</li>
    <li>${message('welcome_seesReceiver')}</li>
    <li>${message('welcome_seesSecond')}</li>
  </ul>`;
