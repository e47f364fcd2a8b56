// Web Monetization as pages see it. What matters is captured before a page can change it.
{
  /** @type {any} */
  const { apply, defineProperty, getOwnPropertyDescriptor } = Reflect;
  const { addEventListener, dispatchEvent, queueMicrotask } = window;
  const { composedPath } = Event.prototype;
  const { parse } = JSON;
  const { getAttribute, removeAttribute, setAttribute } = Element.prototype;
  const { get, set } = getOwnPropertyDescriptor(HTMLElement.prototype, 'onabort');
  const attached = new Event('rivulet:shadow', { composed: true });

  /** What our objects hold; the twins. @type {WeakMap<any, any>} */
  const slots = new WeakMap();
  const recall = slots.get.bind(slots);
  const remember = slots.set.bind(slots);
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
      remember(amount, [`${currency}`, `${value}`]);
      remember(this, [amount, `${incomingPayment}`, `${paymentPointer}`]);
    }
  }
  for (const [type, ...names] of /** @type {any[]} */ ([
    [MonetizationCurrencyAmount, 'currency', 'value'],
    [MonetizationEvent, 'amountSent', 'incomingPayment', 'paymentPointer'],
  ])) {
    for (const i in names) {
      const member = { get() { return recall(this)[i]; }, enumerable: true, configurable: true };
      defineProperty(type.prototype, names[i], member);
    }
    defineProperty(type.prototype, Symbol.toStringTag, { value: type.name, configurable: true });
    defineProperty(window, type.name, { value: type, writable: true, configurable: true });
  }

  /** @this {any} */
  const run = function () {
    const handler = apply(get, recall(this), []);
    if (handler?.call) apply(handler, this, arguments);
  };
  // A target's handler is its twin's `onabort`: so the browser itself compiles the content
  // attribute, under the page's policy.
  const twinOf = (/** @type {any} */ target) => {
    const twin = recall(target) ?? document.createElement('i');
    remember(target, twin);
    apply(addEventListener, target, ['monetization', run]);
    const source = target instanceof Element ? apply(getAttribute, target, ['onmonetization']) : null;
    if (source !== apply(getAttribute, twin, ['onabort'])) {
      try {
        apply(source === null ? removeAttribute : setAttribute, twin, ['onabort', source]);
      } catch {} // Trusted Types
    }
    return twin;
  };
  for (const owner of [Element.prototype, Document.prototype, window]) {
    defineProperty(owner, 'onmonetization', {
      get() { return apply(get, twinOf(this), []); },
      set() { apply(set, twinOf(this), arguments); },
      enumerable: true,
      configurable: true,
    });
  }

  addEventListener('rivulet:paid', (/** @type {any} */ event) => {
    try {
      const path = apply(composedPath, event, []);
      for (const target of path) twinOf(target);
      const init = { __proto__: null, ...parse(event.detail), bubbles: true };
      apply(dispatchEvent, path[0], [new MonetizationEvent('monetization', init)]);
    } catch {} // Forged by the page.
  }, true);

  // Only link lists support `stylesheet`.
  DOMTokenList.prototype.supports = new Proxy(DOMTokenList.prototype.supports, {
    apply: (supports, list, args) => apply(supports, list, args)
      || (/^monetization$/i.test(args[0]) && apply(supports, list, ['stylesheet'])),
  });
  // For content.js, once the host is in place.
  Element.prototype.attachShadow = new Proxy(Element.prototype.attachShadow, {
    apply(attachShadow, host, args) {
      const root = apply(attachShadow, host, args);
      queueMicrotask(() => apply(dispatchEvent, host, [attached]));
      return root;
    },
  });
}
