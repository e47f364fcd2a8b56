// Web Monetization as pages see it. What matters is captured before a page can change it.
{
  /** @type {any} */
  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  const { addEventListener, dispatchEvent, Event, queueMicrotask } = window;
  const { composedPath } = Event.prototype;
  const { parse } = JSON;
  const { getAttribute, removeAttribute, setAttribute } = Element.prototype;
  const { get, set } = getOwnPropertyDescriptor(HTMLElement.prototype, 'onabort');
  const isConnected = getOwnPropertyDescriptor(Node.prototype, 'isConnected').get;
  const makeTwin = document.createElementNS.bind(document, 'http://www.w3.org/1999/xhtml', 'i');

  /** What an object of ours holds, which a page can neither see nor replace. */
  const slots = () => {
    /** @type {WeakMap<any, any>} */
    const map = new WeakMap();
    return { recall: map.get.bind(map), remember: map.set.bind(map) };
  };
  const [members, twins] = [slots(), slots()];
  const missing = () => { throw new TypeError('Missing member'); };

  class MonetizationCurrencyAmount {
    constructor() { throw new TypeError('Illegal constructor'); }
  }
  class MonetizationEvent extends Event {
    /** @param {string} type @param {any} init */
    constructor(type, init) {
      super(type, init);
      const { amountSent, incomingPayment = missing(), paymentPointer = missing() } = init;
      const { currency = missing(), value = missing() } = amountSent;
      const amount = { __proto__: MonetizationCurrencyAmount.prototype };
      members.remember(amount, [`${currency}`, `${value}`]);
      members.remember(this, [amount, `${incomingPayment}`, `${paymentPointer}`]);
    }
  }
  for (const [type, ...names] of /** @type {any[]} */ ([
    [MonetizationCurrencyAmount, 'currency', 'value'],
    [MonetizationEvent, 'amountSent', 'incomingPayment', 'paymentPointer'],
  ])) {
    for (const i in names) {
      const name = names[i];
      const { get } = /** @type {any} */ (getOwnPropertyDescriptor({
        get [name]() {
          const held = members.recall(this);
          if (held && this instanceof type) return held[i];
          throw new TypeError('Illegal invocation');
        },
      }, name));
      defineProperty(type.prototype, name, { get, enumerable: true, configurable: true });
    }
    defineProperty(type.prototype, Symbol.toStringTag, { value: type.name, configurable: true });
    defineProperty(window, type.name, { value: type, writable: true, configurable: true });
  }

  /** @this {any} */
  const run = function () {
    const handler = apply(get, twins.recall(this), []);
    if (typeof handler === 'function') apply(handler, this, arguments);
  };
  // A target's handler is its twin's `onabort`: so the browser itself compiles the content
  // attribute, under the page's policy.
  const twinOf = (/** @type {any} */ target) => {
    const twin = twins.recall(target) ?? makeTwin();
    twins.remember(target, twin);
    apply(addEventListener, target, ['monetization', run]);
    try {
      const source = apply(getAttribute, target, ['onmonetization']);
      if (source !== apply(getAttribute, twin, ['onabort'])) {
        apply(source === null ? removeAttribute : setAttribute, twin, ['onabort', source]);
      }
    } catch {} // Documents and windows have no attributes; Trusted Types may refuse this one.
    return twin;
  };
  const handler = getOwnPropertyDescriptor({
    get onmonetization() { return apply(get, twinOf(this), []); },
    set onmonetization(value) { apply(set, twinOf(this), [value]); },
  }, 'onmonetization');
  for (const owner of [Element.prototype, Document.prototype, window]) {
    defineProperty(owner, 'onmonetization', handler);
  }

  const fire = (/** @type {any} */ event) => {
    try {
      const path = apply(composedPath, event, []);
      for (const target of path) twinOf(target);
      const init = { __proto__: null, ...parse(event.detail), bubbles: true };
      apply(dispatchEvent, path[0], [new MonetizationEvent('monetization', init)]);
    } catch {} // Forged by the page.
  };
  const listen = () => addEventListener('rivulet:paid', fire, true);
  listen();
  // `document.open` ends all listening.
  new MutationObserver(listen).observe(document, { childList: true });

  // Only link lists support `stylesheet`.
  DOMTokenList.prototype.supports = new Proxy(DOMTokenList.prototype.supports, {
    apply: (supports, list, args) => apply(supports, list, args)
      || (/^monetization$/i.test(args[0]) && apply(supports, list, ['stylesheet'])),
  });
  // For content.js, once the host is in place; if that takes longer, there is no path from it.
  Element.prototype.attachShadow = new Proxy(Element.prototype.attachShadow, {
    apply(attachShadow, host, args) {
      const root = apply(attachShadow, host, args);
      queueMicrotask(() => {
        const attached = new Event('rivulet:shadow', { composed: true });
        apply(dispatchEvent, apply(isConnected, host, []) ? host : window, [attached]);
      });
      return root;
    },
  });
}
