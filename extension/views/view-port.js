/** The line between a view and the background: views come in, commands go out. */

import { ready } from './message.js';

/** @typedef {import('../view.js').View} View */
/** @typedef {import('../command.js').Send} Send */
/** @typedef {import('../command.js').Export} Export */

const DELAY = 200;

/**
 * Calls `draw` with the view now and after each change, also when the background was restarted in
 * between. A page that is not visible leaves the background alone. One that asks for a file gets it
 * in `take`.
 * @param {(view: View, send: Send) => void} draw
 * @param {(file: Export) => void} [take]
 */
export function watch(draw, take) {
  /** @type {chrome.runtime.Port | null} */
  let port = null;

  const open = () => {
    const opened = chrome.runtime.connect({ name: 'view' });
    opened.onMessage.addListener(async (/** @type {View | Export} */ message) => {
      await ready; // in order, since all wait for the same promise
      if ('kind' in message) take?.(message);
      else draw(message, send);
    });
    opened.onDisconnect.addListener(() => {
      port = null;
      setTimeout(reopen, DELAY);
    });
    return opened;
  };
  const reopen = () => {
    if (document.visibilityState === 'visible') port ??= open();
  };
  /** @type {Send} */
  const send = (command) => {
    port ??= open();
    port.postMessage(command);
  };

  document.addEventListener('visibilitychange', reopen);
  port = open();
}
