/** What the settings and the activity page are made of. */

import { html, nothing } from './lit-html.js';
import { message } from './message.js';

/** @typedef {import('../command.js').Export} Export */

/**
 * A page under its heading, with the way to the other one.
 * @param {'activity' | 'settings'} name @param {unknown} content
 */
export const page = (name, content) => html`
  <header class="row">
    <h1><img src="../icons/rivulet.svg" alt="" width="36" height="36"> ${message(`${name}_title`)}</h1>
    <nav aria-label=${message('name')}>
      ${/** @type {const} */ (['activity', 'settings']).map((other) => html`
        <a href="${other}.html" aria-current=${other === name ? 'page' : nothing}>${message(`${other}_title`)}</a>`)}
    </nav>
  </header>
  <main>${content}</main>`;

/**
 * A part of a page.
 * @param {string} name unique in the page, and its test id @param {string} title @param {unknown} content
 */
export const part = (name, title, content) => html`
  <section class="card stack" aria-labelledby="${name}-title" data-testid=${name}>
    <h2 id="${name}-title" tabindex="-1">${title}</h2>
    ${content}
  </section>`;

/**
 * @param {string} name its test id @param {string} label @param {() => void} act
 * @param {{ about?: string, danger?: boolean, disabled?: boolean }} [options] `about` tells it from others with its label
 */
export const button = (name, label, act, { about, danger = false, disabled = false } = {}) => html`
  <button type="button" class=${danger ? 'quiet danger' : 'quiet'} data-testid=${name} ?disabled=${disabled}
    aria-label=${about ? `${label}: ${about}` : nothing} @click=${act}>${label}</button>`;

/**
 * Something that cannot be undone: a button, and the question that it asks first.
 * @param {string} name unique in the page, and the button's test id
 * @param {{ label: string, title: string, text: string, act: () => void }} options
 */
export const risky = (name, { label, title, text, act }) => {
  const dialog = () => /** @type {HTMLDialogElement} */ (document.getElementById(name));
  return html`
    <div>${button(name, label, () => {
      dialog().returnValue = '';
      dialog().showModal();
    }, { danger: true })}</div>
    <dialog id=${name} aria-labelledby="${name}-question" aria-describedby="${name}-text"
      @close=${() => { if (dialog().returnValue) act(); }}>
      <form method="dialog" class="stack">
        <h2 id="${name}-question">${title}</h2>
        <p id="${name}-text">${text}</p>
        <div class="row">
          <button value="" class="quiet" autofocus>${message('cancel')}</button>
          <button value="yes" class="danger" data-testid="${name}-yes">${label}</button>
        </div>
      </form>
    </dialog>`;
};

/**
 * Handles what was typed or chosen.
 * @param {(value: string) => void} handle
 */
const changed = (handle) => (/** @type {Event & { currentTarget: HTMLInputElement | HTMLSelectElement }} */ event) => {
  handle(event.currentTarget.value);
};

/**
 * A field to search in what stands below it, and how much was found.
 * @param {string} name unique in the page, and its test id
 * @param {{ label: string, found: string, search: (query: string) => void }} options
 */
export const searchField = (name, { label, found, search }) => html`
  <div class="field">
    <label class="label" for=${name}>${label}</label>
    <input id=${name} type="search" data-testid=${name} @input=${changed(search)}>
  </div>
  <p role="status" class="hint" data-testid="${name}-found">${found}</p>`;

/**
 * One of a few.
 * @param {string} name unique in the page, and its test id
 * @param {{ label: string, options: [value: string, label: string][], now: string, choose: (value: string) => void, hint?: string }} options
 */
export const choice = (name, { label, options, now, choose, hint }) => html`
  <div class="field">
    <label class="label" for=${name}>${label}</label>
    <select id=${name} data-testid=${name} aria-describedby=${hint ? `${name}-hint` : nothing} @change=${changed(choose)}>
      ${options.map(([value, text]) => html`<option value=${value} ?selected=${value === now}>${text}</option>`)}
    </select>
    ${hint ? html`<span class="hint" id="${name}-hint">${hint}</span>` : nothing}
  </div>`;

/**
 * Gives a file to the browser, to be saved with what is downloaded.
 * @param {Omit<Export, 'kind'>} file
 */
export function save({ name, mediaType, text }) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: mediaType }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
