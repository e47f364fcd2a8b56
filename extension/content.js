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

  /**
   * An `id` of 0: to be processed (again) once connected. `settled`: `load` or `error` was fired.
   * @type {Map<HTMLLinkElement, { id: number, source: string, settled: boolean }>}
   */
  const links = new Map();
  let lastId = 0;
  /** Whether a batch of mutations was about links: few are, and telling of them takes time. */
  let changed = false;

  /** @type {chrome.runtime.Port | null} */
  let port = null;
  let sent = '';
  /** While it is set, no more is told: a page may change its links without end. */
  let rest = 0;
  /** Whether the background has said anything: else there is little to miss. */
  let heard = false;

  /** What a document or form has, and not what is called so in it. @param {any} node @param {string} name */
  const member = (node, name) => Reflect.get(Object.getPrototypeOf(node), name, node);
  /** @param {ParentNode} root @param {string} selector @returns {NodeListOf<Element>} */
  const query = (root, selector) => member(root, 'querySelectorAll').call(root, selector);

  const observer = new MutationObserver((records) => {
    for (const { target, addedNodes, attributeName } of records) {
      if (attributeName && target instanceof HTMLLinkElement) consider(target, false);
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        if (node instanceof HTMLLinkElement) consider(node, true);
        if (node.firstElementChild) scan(node, true);
        enter(node);
      }
    }
    for (const link of links.keys()) changed ||= !link.isConnected;
    if (changed) publish();
    changed = false;
  });

  /** @param {ParentNode} root */
  const scan = (root, inserted = false) => {
    for (const link of query(root, MONETIZED)) {
      if (link instanceof HTMLLinkElement) consider(link, inserted);
    }
  };

  /** @param {HTMLLinkElement} link @param {boolean} inserted */
  const consider = (link, inserted) => {
    const source = `${link.href} ${link.crossOrigin}`;
    if (!link.matches(MONETIZED)) changed = links.delete(link) || changed;
    else if (inserted || links.get(link)?.source !== source) {
      links.set(link, { id: 0, source, settled: false });
      changed = true;
    }
  };

  /** Follows a tree and the shadow trees in it. @param {Document | ShadowRoot} root */
  const adopt = (root) => {
    observer.observe(root, OBSERVED);
    scan(root);
    publish();
    for (const element of query(root, '*')) enter(element);
  };

  /** @param {Element} host */
  const enter = ({ shadowRoot }) => {
    if (shadowRoot instanceof ShadowRoot) adopt(shadowRoot);
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

  /** Where a link stands in the document. @param {Node} node @returns {Node} */
  const place = (node) => {
    const root = node.getRootNode();
    return root instanceof ShadowRoot ? place(root.host) : node;
  };

  /** Tells the background the whole truth, unless it knows it. */
  const publish = () => {
    if (!links.size && !port) return;
    const state = { type: 'state', visible: isVisible(), links: connected() };
    const text = JSON.stringify(state);
    if (text === sent || rest || (!port && !state.links.length)) return;
    rest = setTimeout(() => {
      rest = 0;
      publish();
    }, 50);
    try {
      port ??= open();
      port.postMessage(state);
      sent = text;
    } catch {
      if (chrome.runtime?.id) return;
      // The extension was removed or updated.
      observer.disconnect();
      links.clear();
    }
  };

  const open = () => {
    const opened = chrome.runtime.connect({ name: 'frame' });
    opened.onMessage.addListener(receive);
    opened.onDisconnect.addListener(() => {
      setTimeout(update, heard ? 100 : 60_000);
      close();
    });
    return opened;
  };

  const close = () => {
    clearTimeout(rest);
    rest = 0;
    port?.disconnect();
    port = null;
    sent = '';
    heard = false;
  };

  /** @param {{ type: string, link: number }} message */
  const receive = (message) => {
    heard = true;
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

  const isVisible = () => member(document, 'visibilityState') === 'visible';

  /** Publishes, but opens no port for a page that is not seen. */
  const update = () => {
    if (port || isVisible()) publish();
  };

  if (document.readyState === 'loading') {
    // Looking now and then costs far less than being told of each node.
    const timer = setInterval(() => {
      scan(document);
      publish();
    }, 100);
    document.addEventListener('readystatechange', () => {
      clearInterval(timer);
      adopt(document);
    }, { once: true });
  } else adopt(document);

  // From page.js: the target got a shadow root.
  window.addEventListener('rivulet:shadow', (event) => {
    event.stopImmediatePropagation();
    const [host] = event.composedPath();
    if (host instanceof Element) enter(host);
  }, true);
  document.addEventListener('visibilitychange', update);
  // The popup takes the focus, and gives it back.
  window.addEventListener('blur', update);
  window.addEventListener('focus', update);
  // A port would keep the page out of the back/forward cache.
  window.addEventListener('pagehide', ({ isTrusted }) => isTrusted && close());
  window.addEventListener('pageshow', publish);
})();
