'use strict';
/**
 * Follows the monetization links of the document and of its open shadow roots, tells the
 * background about them, and fires at them what it answers. When a link is processed anew stands
 * in the specification under: link type "monetization".
 */
(() => {
  /** A link that has everything it takes to be processed once it is connected. */
  const MONETIZED =
    'link[rel~="monetization" i][href]:not([href=""], [disabled])' +
    ':is(:not([type]), [type=""], [type="application/json" i], [type^="application/json;" i])';
  const OBSERVED = {
    subtree: true,
    childList: true,
    attributeFilter: ['rel', 'href', 'disabled', 'crossorigin', 'type'],
  };
  const FIRST_DELAY = 100;
  const LONGEST_DELAY = 10_000;

  /**
   * The links by element. An `id` of 0 means: not processed since it was last (re)connected or
   * changed. `settled` is set once `load` or `error` was fired for the id.
   * @type {Map<HTMLLinkElement, { id: number, source: string, settled: boolean }>}
   */
  const links = new Map();
  let lastId = 0;

  /** @type {chrome.runtime.Port | null} */
  let port = null;
  let sent = '';
  let delay = FIRST_DELAY;

  const observer = new MutationObserver((records) => {
    for (const { target, addedNodes, type } of records) {
      if (type === 'attributes') {
        if (target instanceof HTMLLinkElement) consider(target, false);
        continue;
      }
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        if (node instanceof HTMLLinkElement) consider(node, true);
        if (node.shadowRoot) adopt(node.shadowRoot);
        if (node.firstElementChild) scan(node, true);
      }
    }
    publish();
  });

  /** @param {ParentNode} root @param {boolean} inserted */
  const scan = (root, inserted) => {
    for (const link of root.querySelectorAll(MONETIZED)) {
      if (link instanceof HTMLLinkElement) consider(link, inserted);
    }
  };

  /** @param {HTMLLinkElement} link @param {boolean} inserted */
  const consider = (link, inserted) => {
    const source = `${link.href} ${link.crossOrigin}`;
    if (!link.matches(MONETIZED)) links.delete(link);
    else if (inserted || links.get(link)?.source !== source) {
      links.set(link, { id: 0, source, settled: false });
    }
  };

  /** Follows a shadow root too, and those inside it. @param {ShadowRoot} root */
  const adopt = (root) => {
    observer.observe(root, OBSERVED);
    scan(root, false);
    for (const { shadowRoot } of root.querySelectorAll('*')) if (shadowRoot) adopt(shadowRoot);
  };

  /** The links that count now, in document order, each with an id. */
  const connected = () => {
    const found = [];
    for (const [link, session] of links) {
      if (link.isConnected) {
        session.id ||= ++lastId;
        found.push(link);
      } else if (link.getRootNode() instanceof ShadowRoot) {
        // No mutation tells when its host comes back.
        Object.assign(session, { id: 0, settled: false });
      } else links.delete(link);
    }
    found.sort((a, b) => (place(a).compareDocumentPosition(place(b)) & 4 ? -1 : 1));
    return found.map((link) => ({ id: links.get(link)?.id, href: link.href }));
  };

  /** Where a link stands in the document itself. @param {Node} node @returns {Node} */
  const place = (node) => {
    const root = node.getRootNode();
    return root instanceof ShadowRoot ? place(root.host) : node;
  };

  /** Tells the background the whole truth of this frame, if it does not know it yet. */
  const publish = () => {
    if (!links.size && !port) return;
    const state = { type: 'state', visible: isVisible(), links: connected() };
    const text = JSON.stringify(state);
    if (text === sent || (!port && !state.links.length)) return;
    try {
      port ??= open();
      port.postMessage(state);
      sent = text;
    } catch {
      // The extension was removed or updated: nobody is left to talk to.
      observer.disconnect();
      links.clear();
    }
  };

  const open = () => {
    const opened = chrome.runtime.connect({ name: 'frame' });
    opened.onMessage.addListener(receive);
    opened.onDisconnect.addListener(() => {
      close();
      // A hidden frame has nothing to wake the background for; it publishes when it is seen again.
      if (isVisible()) setTimeout(publish, delay);
      delay = Math.min(2 * delay, LONGEST_DELAY);
    });
    return opened;
  };

  const close = () => {
    port?.disconnect();
    port = null;
    sent = '';
  };

  /** @param {{ type: 'load' | 'error' | 'monetization', link: number }} message */
  const receive = (message) => {
    delay = FIRST_DELAY;
    for (const [link, session] of links) {
      if (session.id !== message.link || !link.isConnected) continue;
      if (message.type === 'monetization') {
        // For page.js; composed, so that it gets out of shadow roots.
        const detail = JSON.stringify(message);
        link.dispatchEvent(new CustomEvent('rivulet:monetization', { composed: true, detail }));
      } else if (!session.settled) {
        session.settled = true;
        link.dispatchEvent(new Event(message.type));
      }
      return;
    }
  };

  const isVisible = () => document.visibilityState === 'visible';

  observer.observe(document, OBSERVED);
  scan(document, true);
  publish();

  // From page.js: a shadow root was attached to the target.
  window.addEventListener('rivulet:shadow', (event) => {
    event.stopImmediatePropagation();
    const [host] = event.composedPath();
    if (host instanceof Element && host.shadowRoot) adopt(host.shadowRoot);
    publish();
  }, true);
  document.addEventListener('visibilitychange', () => {
    if (port || isVisible()) publish();
  });
  // A page in the back/forward cache is not being looked at, and a port would keep it out of there.
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', publish);
})();
