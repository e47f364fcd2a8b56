/**
 * What `background.js` needs of the module that wasm-bindgen makes of the `background` crate.
 * The build puts that module here.
 */
export class Background {
  /** Reads what was stored and makes the extension's one instance. */
  static start(proxyUrl: string): Promise<Background>;
  installed(reason: string): void | Promise<void>;
  alarm(name: string): void | Promise<void>;
  portConnected(port: chrome.runtime.Port): void | Promise<void>;
  portMessage(port: chrome.runtime.Port, message: unknown): void | Promise<void>;
  portClosed(port: chrome.runtime.Port): void | Promise<void>;
  tabActivated(info: chrome.tabs.OnActivatedInfo): void | Promise<void>;
  tabUpdated(tabId: number, change: chrome.tabs.OnUpdatedInfo, tab: chrome.tabs.Tab): void | Promise<void>;
  tabRemoved(tabId: number): void | Promise<void>;
  windowFocused(windowId: number): void | Promise<void>;
  idleChanged(state: string): void | Promise<void>;
}

/** Fetches and compiles the wasm. */
export default function init(options: { module_or_path: string }): Promise<unknown>;
