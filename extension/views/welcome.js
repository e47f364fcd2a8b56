/** The page that opens at install: what Rivulet does, who sees what, and the way to a wallet. */

import { html, nothing, render } from './lit-html.js';
import { connecting } from './connection.js';
import { copyable, problemNote, submit } from './parts.js';
import { watch } from './view-port.js';
import { message } from './message.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../command.js').Send} Send */

/** @param {View} view @param {Send} send */
const welcome = (view, send) => html`
  <header>
    <img src="../icons/rivulet.svg" alt="" width="72" height="72">
    <h1>${message('welcome_title')}</h1>
    <p class="lead">${message('welcome_lead')}</p>
  </header>
  <main>
    <ol class="numbered">
      <li class="card stack">
        <h2>${message('welcome_keyTitle')}</h2>
        <p>${message('welcome_keyText')}</p>
        ${keys(view)}
      </li>
      <li class="card stack">
        <h2>${message('welcome_connectTitle')}</h2>
        ${wallet(view, send)}
      </li>
      <li class="card stack">
        <h2>${message('welcome_readTitle')}</h2>
        <p>${message('welcome_readText')}</p>
      </li>
    </ol>
    ${privacy(view, send)}
  </main>`;

/** @param {View} view */
const keys = ({ publicKey }) => publicKey ? html`
  ${copyable({ label: message('public_key'), text: publicKey.jwk, name: 'public-key', copyName: 'copy-key' })}
  <details>
    <summary>${message('welcome_base64')}</summary>
    ${copyable({ label: message('welcome_base64'), text: publicKey.base64, name: 'public-key-base64', copyName: 'copy-key-base64' })}
  </details>` : html`<p class="hint">${message('welcome_keyPending')}</p>`;

/** @param {View} view @param {Send} send */
const wallet = (view, send) => {
  const { connection: { state, problem }, notice } = view;
  const isConnected = state === 'connected';
  return html`
    ${state === 'disconnected' ? html`<p>${message('welcome_connectText')}</p>` : nothing}
    <p class="status" role="status" data-testid="status" data-connection=${state}>
      ${isConnected ? message('welcome_connected') : message(`connection_${state}`)}
    </p>
    ${problemNote(notice, 'notice')}
    ${problemNote(problem)}
    ${isConnected ? nothing : connecting(view, send)}`;
};

/** @param {View} view @param {Send} send */
const privacy = ({ proxyUrl }, send) => html`
  <section class="card stack">
    <h2>${message('welcome_privacyTitle')}</h2>
    <p>${message('welcome_privacyText')}</p>
    <div class="columns">
      <div>
        <h3>${message('welcome_sees')}</h3>
        <ul>
          <li>${message('welcome_seesPayer')}</li>
          <li>${message('welcome_seesReceiver')}</li>
          <li>${message('welcome_seesSecond')}</li>
        </ul>
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
      <form class="inline" autocomplete="off" novalidate @submit=${submit((typed) => useProxy(String(typed.get('url')), send))}>
        <label class="field">
          <span class="label">${message('welcome_proxyUrl')}</span>
          <input name="url" type="text" inputmode="url" spellcheck="false" data-testid="proxy-url-input" .value=${proxyUrl}>
        </label>
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
    await chrome.permissions.request({ origins: [`${protocol}//${hostname}/*`] }).catch(() => false);
  }
  send({ command: 'setProxyUrl', url });
}

watch((view, send) => render(welcome(view, send), document.body));
