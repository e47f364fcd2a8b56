'use strict';
/**
 * Follows the monetization links of the document and its open shadow roots, tells the background
 * about them, and fires at them what it answers; link type "monetization" of the specification.
 */
(() => {
  /** What a link needs to be processed. */
  const MONETIZED =
    'link[rel~="monetization" i][href]:not([href=""], [disabled])' +
    ':is(:not([type]), [type=""], [type="application/json" i], [type^="application/json;" i])';
  const OBSERVED = {
    subtree: true,
    childList: true,
    attributeFilter: ['rel', 'href', 'disabled', 'crossorigin', 'type'],
  };
  /** Milliseconds between looks at a loading page, and before a lost port is opened again. */
  const DELAY = 100;

  /**
   * An `id` of 0: to be processed (again) once connected. `settled`: `load` or `error` was fired.
   * @type {Map<HTMLLinkElement, { id: number, source: string, settled: boolean }>}
   */
  const links = new Map();
  let lastId = 0;

  /** @type {chrome.runtime.Port | null} */
  let port = null;
  let sent = '';
  let delay = DELAY;

  const observer = new MutationObserver((records) => {
    for (const { target, addedNodes, attributeName } of records) {
      if (attributeName && target instanceof HTMLLinkElement) consider(target, false);
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        if (node instanceof HTMLLinkElement) consider(node, true);
        if (node.firstElementChild) scan(node, true);
        if (node.shadowRoot) adopt(node.shadowRoot);
      }
    }
    publish();
  });

  /** @param {ParentNode} root */
  const scan = (root, inserted = false) => {
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

  /** Follows a tree and the shadow trees in it. @param {Document | ShadowRoot} root */
  const adopt = (root) => {
    observer.observe(root, OBSERVED);
    scan(root);
    publish();
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
      // A hidden frame does not wake the background; it publishes when it is seen again.
      if (isVisible()) setTimeout(publish, delay);
      delay = Math.min(2 * delay, 100 * DELAY);
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
    delay = DELAY;
    for (const [link, session] of links) {
      if (session.id !== message.link || !link.isConnected) continue;
      if (message.type === 'monetization') {
        // For page.js; composed, so that it gets out of shadow roots.
        const detail = JSON.stringify(message);
        link.dispatchEvent(new CustomEvent('rivulet:paid', { composed: true, detail }));
      } else if (!session.settled) {
        session.settled = true;
        link.dispatchEvent(new Event(message.type));
      }
      return;
    }
  };

  const isVisible = () => document.visibilityState === 'visible';

  if (document.readyState === 'loading') {
    // A look now and then costs far less than being told of each node that is parsed.
    const timer = setInterval(() => {
      scan(document);
      publish();
    }, DELAY);
    document.addEventListener('readystatechange', () => {
      clearInterval(timer);
      adopt(document);
    }, { once: true });
  } else adopt(document);

  // From page.js: a shadow root was attached to the target.
  window.addEventListener('rivulet:shadow', (event) => {
    event.stopImmediatePropagation();
    const [host] = event.composedPath();
    if (host instanceof Element && host.shadowRoot) adopt(host.shadowRoot);
  }, true);
  document.addEventListener('visibilitychange', () => {
    if (port || isVisible()) publish();
  });
  // A port would keep the page out of the back/forward cache.
  window.addEventListener('pagehide', close);
  window.addEventListener('pageshow', publish);
})();
