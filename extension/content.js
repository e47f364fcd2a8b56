'use strict';
/**
 * Follows the monetization links of the document and its open shadow roots, tells the background
 * about them, and fires at them what it answers; link type "monetization" of the specification.
 * It also tells which of the frames in the document may be monetized, as far as the document says.
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
  const GREETING = 'rivulet:';

  /**
   * An `id` of 0: to be processed (again) once connected. `settled`: `load` or `error` was fired.
   * @type {Map<HTMLLinkElement, { id: number, source: string, settled: boolean }>}
   */
  const links = new Map();
  let lastId = 0;
  /** Whether a batch of mutations was about links: few are, and telling of them takes time. */
  let changed = false;
  /** Whether there may be shadow trees that were attached out of sight. */
  let mayHide = false;

  /**
   * The frames in this document that have links of their own, or such frames, as they were when
   * they said so: what `allow` is changed to holds for the next document.
   * @type {Map<MessageEventSource | null, { mark: string, allow: string, source: string }>}
   */
  const frames = new Map();
  /**
   * By what the background knows this frame when the one around it tells of it.
   * @type {string | undefined}
   */
  let mark;

  /** @type {chrome.runtime.Port | null} */
  let port = null;
  let sent = '';
  /** While it is set, no more is told: a page may change its links without end. */
  let rest = 0;
  /** Whether the background has said anything: else there is little to miss. */
  let heard = false;

  /** What this script listens to, as long as its extension is there. */
  const life = new AbortController();
  /**
   * No event is fired before scripts that wait for the whole document could listen.
   * @type {PromiseWithResolvers<void>}
   */
  const { promise: ready, resolve: parsed } = Promise.withResolvers();

  /** What a document or form has, and not what is called so in it. @param {any} node @param {string} name */
  const member = (node, name) => Reflect.get(Object.getPrototypeOf(node), name, node);
  /** @param {ParentNode} root @param {string} selector @returns {NodeListOf<Element>} */
  const query = (root, selector) => member(root, 'querySelectorAll').call(root, selector);

  /** Also if it came from another document. @param {any} node @returns {node is HTMLLinkElement} */
  const isLink = (node) => node.localName === 'link' && 'relList' in node;

  const observer = new MutationObserver((records) => {
    for (const { target, addedNodes } of records) {
      if (isLink(target)) consider(target, false);
      // Perhaps `document.open`, which ends all listening.
      if (target === document) listen();
      for (const node of /** @type {NodeListOf<Element>} */ (addedNodes)) {
        if (node.nodeType !== 1) continue;
        if (isLink(node)) consider(node, true);
        if (node.firstElementChild) scan(node, true);
        enter(node);
        if (mayHide) for (const tree of shadowsIn(node)) adopt(tree);
      }
    }
    for (const link of links.keys()) changed ||= !isHere(link);
    if (changed) publish();
    changed = false;
  });

  /** @param {ParentNode} root */
  const scan = (root, inserted = false) => {
    for (const link of query(root, MONETIZED)) if (isLink(link)) consider(link, inserted);
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

  /** The open shadow trees in a tree, but for those in closed ones. @param {ParentNode} root */
  const shadowsIn = function* (root) {
    for (const { shadowRoot } of query(root, '*')) if (shadowRoot instanceof ShadowRoot) yield shadowRoot;
  };

  /** Follows a tree and the shadow trees in it. @param {Document | ShadowRoot} root */
  const adopt = (root) => {
    observer.observe(root, OBSERVED);
    scan(root);
    publish();
    for (const tree of shadowsIn(root)) adopt(tree);
  };

  /** @param {Element} host */
  const enter = ({ shadowRoot }) => {
    if (shadowRoot instanceof ShadowRoot) adopt(shadowRoot);
  };

  /** @param {Node} node its shadow tree's host, if it is in one @returns {Element | undefined} */
  const hostOf = (node) => /** @type {ShadowRoot} */ (node.getRootNode()).host;

  /** @param {HTMLLinkElement} link which may have been moved to another document */
  const isHere = (link) => link.isConnected && link.ownerDocument === document;

  /** The links that count now, in document order, each with an id. */
  const connected = () => {
    const found = [];
    for (const [link, session] of links) {
      if (isHere(link)) {
        session.id ||= ++lastId;
        found.push(link);
      } else if (hostOf(link)) {
        // No mutation tells when its host comes back.
        Object.assign(session, { id: 0, settled: false });
      } else links.delete(link);
    }
    found.sort((a, b) => (place(a).compareDocumentPosition(place(b)) & 4 ? -1 : 1));
    return found.map((link) => ({ id: links.get(link)?.id, href: link.href }));
  };

  /** Where a link stands in the document. @param {Node} node @returns {Node} */
  const place = (node) => {
    const host = hostOf(node);
    return host ? place(host) : node;
  };

  /** Tells the background the whole truth, unless it knows it. */
  const publish = () => {
    // A page that nobody has opened yet may never be seen.
    if (/** @type {any} */ (document).prerendering || (!links.size && !frames.size && !port)) return;
    for (const source of frames.keys()) if (/** @type {Window} */ (source).closed) frames.delete(source);
    const state = { type: 'state', visible: isVisible(), links: connected(), frames: [...frames.values()] };
    const text = JSON.stringify(state);
    if (text === sent || rest || (!port && !state.links.length && !frames.size)) return;
    rest = setTimeout(() => {
      rest = 0;
      publish();
    }, 50);
    try {
      port ??= open();
      port.postMessage({ ...state, mark });
      sent = text;
    } catch {
      if (chrome.runtime?.id) return;
      // The extension was removed or updated.
      observer.disconnect();
      links.clear();
      frames.clear();
      life.abort();
    }
  };

  const open = () => {
    const opened = chrome.runtime.connect({ name: 'frame' });
    opened.onMessage.addListener(receive);
    opened.onDisconnect.addListener(() => {
      setTimeout(update, heard ? 100 : 60_000);
      close();
    });
    greet();
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

  /** Asks the page around this frame to speak for it. Nobody but that page can read the mark. */
  const greet = () => {
    if (window === parent) return;
    mark ||= crypto.getRandomValues(new Uint32Array(4)).join();
    // The port tells a greeting from what pages say, which may be long to read.
    parent.postMessage(GREETING + mark, '*', [new MessageChannel().port1]);
  };

  /**
   * A frame has asked; perhaps a script of its page has, which counts for no more than that page.
   * @param {MessageEvent} event
   */
  const meet = (event) => {
    const { isTrusted, source, ports } = event;
    // What a page makes itself names whatever source it likes, or has no ports at all.
    if (!isTrusted || source === window || !ports.length || !`${event.data}`.startsWith(GREETING)) return;
    event.stopImmediatePropagation();
    const mark = event.data.slice(GREETING.length);
    const frame = frames.get(source)?.mark !== mark && frameOf(source, document);
    if (frame) frames.set(source, { mark, allow: frame.allow, source: originOf(frame) });
    publish();
  };

  /**
   * @param {MessageEventSource | null} source a window
   * @param {ParentNode} root
   * @returns {HTMLIFrameElement | undefined}
   */
  const frameOf = (source, root) =>
    /** @type {any} */ ([...query(root, 'iframe')]).find((/** @type {any} */ frame) => frame.contentWindow === source)
      ?? [...shadowsIn(root)].map((tree) => frameOf(source, tree)).find(Boolean);

  /** The origin that the attributes of a frame declare. @param {HTMLIFrameElement} frame */
  const originOf = (frame) => {
    const sandbox = frame.getAttribute('sandbox') ?? 'allow-same-origin';
    if (!/(^|\s)allow-same-origin(\s|$)/i.test(sandbox)) return 'null';
    const { src } = frame;
    const inherits = frame.hasAttribute('srcdoc') || !URL.canParse(src) || /^(about|javascript):/.test(src);
    return inherits || origin === 'null' ? origin : new URL(src).origin;
  };

  /** @param {{ type: string, link: number }} message */
  const receive = (message) => {
    heard = true;
    for (const [link, session] of links) {
      if (session.id !== message.link || !isHere(link)) continue;
      if (message.type === 'monetization') {
        // For page.js; composed, so that it gets out of shadow roots.
        const detail = JSON.stringify(message);
        const paid = new CustomEvent('rivulet:paid', { composed: true, detail });
        ready.then(() => isHere(link) && link.dispatchEvent(paid));
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

  /**
   * From page.js: the target got a shadow root, or something did that is not in the document.
   * @param {Event} event
   */
  const find = (event) => {
    event.stopImmediatePropagation();
    const [host] = event.composedPath();
    if (host instanceof Element) enter(host);
    else mayHide = true;
  };

  /**
   * Follows the document once it is parsed. Until then, looking now and then costs far less than
   * being told of each node.
   */
  const follow = () => {
    if (document.readyState === 'loading') {
      scan(document);
      publish();
    } else if (timer) {
      timer = clearInterval(timer);
      adopt(document);
    }
  };
  /** @type {any} */
  let timer = setInterval(follow, 100);

  const LISTENERS = {
    message: meet,
    'rivulet:shadow': find,
    readystatechange: follow,
    // Those who wait for it too come first.
    DOMContentLoaded: () => setTimeout(parsed),
    visibilitychange: update,
    // The popup takes the focus, and gives it back.
    blur: update,
    focus: update,
    // A port would keep the page out of the back/forward cache.
    pagehide: (/** @type {Event} */ { isTrusted }) => isTrusted && close(),
    pageshow: publish,
    prerenderingchange: publish,
  };
  const listen = () => {
    for (const [type, listener] of Object.entries(LISTENERS)) {
      addEventListener(type, /** @type {EventListener} */ (listener), { capture: true, signal: life.signal });
    }
  };
  listen();
  if (document.readyState !== 'loading') parsed();
  follow();
})();
