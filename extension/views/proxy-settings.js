/** Which proxy is used, and whether it answers. */

import { html, nothing } from './lit-html.js';
import { message } from './message.js';
import { button } from './page.js';
import { field, submit } from './parts.js';
import { PROXY_URL } from '../config.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../command.js').Send} Send */
/** @typedef {'checking' | 'ready' | 'notReady' | 'unreachable' | 'forbidden' | 'invalid'} Check */

/** Who does not answer in this time cannot be reached, in milliseconds. */
const PATIENCE = 5_000;

/** What came of the last check. @type {Check | null} */
let result = null;

/** @param {View} view @param {Send} send @param {() => void} redraw */
export const proxy = ({ proxyUrl }, send, redraw) => {
  /** @param {Check} check */
  const show = (check) => {
    result = check;
    redraw();
  };
  return html`
    <p>${message('welcome_proxy')} <code data-testid="proxy-url">${proxyUrl}</code></p>
    <form class="stack" autocomplete="off" novalidate @submit=${submit(async (typed) => {
      const url = String(typed.get('url')).trim();
      if (!await mayReach(url)) return show('forbidden');
      result = null;
      send({ command: 'setProxyUrl', url });
    })}>
      ${field({
        label: message('welcome_proxyUrl'), name: 'url', value: proxyUrl, testId: 'proxy-url-input',
        hint: message('settings_proxyHint'), inputMode: 'url',
      })}
      <div class="row start">
        ${button('check-proxy', message('settings_check'), async () => {
          const typed = /** @type {HTMLInputElement} */ (document.getElementById('url')).value.trim();
          show('checking');
          show(await check(typed));
        })}
        <button type="submit" class="quiet" data-testid="set-proxy-url">${message('welcome_use')}</button>
        ${sameOrigin(proxyUrl, PROXY_URL) ? nothing
          : button('built-in-proxy', message('settings_builtIn'), () => send({ command: 'setProxyUrl', url: PROXY_URL }))}
      </div>
    </form>
    <p role="status" class="status" data-testid="proxy-check" data-result=${result ?? nothing}
      >${result ? message(`check_${result}`) : nothing}</p>`;
};

/**
 * Asks the proxy whether it could serve now. Nothing is told to it.
 * @param {string} url as typed
 * @returns {Promise<Check>}
 */
async function check(url) {
  if (!URL.canParse(url)) return 'invalid';
  if (!await mayReach(url)) return 'forbidden';
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    const answer = await fetch(new URL('/readyz', url), { signal, credentials: 'omit', redirect: 'error', cache: 'no-store' });
    return answer.ok ? 'ready' : 'notReady';
  } catch {
    return 'unreachable';
  }
}

/**
 * Asks the browser for access to a proxy's host, which only a click may do. That to the proxy of
 * this build is there already. Whether what was typed is an address at all the background judges.
 * @param {string} url as typed
 */
async function mayReach(url) {
  if (!URL.canParse(url) || sameOrigin(url, PROXY_URL)) return true;
  const { protocol, hostname } = new URL(url);
  return chrome.permissions.request({ origins: [`${protocol}//${hostname}/*`] }).catch(() => false);
}

/** @param {string} one @param {string} other */
const sameOrigin = (one, other) => new URL(one).origin === new URL(other).origin;
