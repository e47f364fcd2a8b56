/**
 * Hands every event of the browser to the `background` crate and decides nothing itself.
 *
 * A worker that was stopped is woken only for listeners that are registered while this file first
 * runs, so all of them are, long before the wasm is ready. Each waits on the same promise, whose
 * callbacks run in order: the promise is the queue.
 */
import init, { Background } from './wasm/background.js';
import { PROXY_URL } from './config.js';

const background = init({ module_or_path: chrome.runtime.getURL('wasm/background_bg.wasm') })
  .then(() => Background.start(PROXY_URL));

chrome.runtime.onInstalled.addListener(async ({ reason }) => (await background).installed(reason));
chrome.alarms.onAlarm.addListener(async ({ name }) => (await background).alarm(name));

chrome.tabs.onActivated.addListener(async (info) => (await background).tabActivated(info));
chrome.tabs.onUpdated.addListener(
  async (tabId, change, tab) => (await background).tabUpdated(tabId, change, tab),
);
chrome.tabs.onRemoved.addListener(async (tabId) => (await background).tabRemoved(tabId));
chrome.windows.onFocusChanged.addListener(
  async (windowId) => (await background).windowFocused(windowId),
);
chrome.idle.onStateChanged.addListener(async (state) => (await background).idleChanged(state));

chrome.runtime.onConnect.addListener(async (port) => {
  port.onMessage.addListener(async (message) => (await background).portMessage(port, message));
  port.onDisconnect.addListener(async () => (await background).portClosed(port));
  (await background).portConnected(port);
});
