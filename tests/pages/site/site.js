/** Shows what the links of this page hear, and what it is paid. */

/** @typedef {{ amountSent: { currency: string, value: string }, incomingPayment: string }} Payment */

let payments = 0;

/** The sums by currency. @type {Map<string, string>} */
const totals = new Map();

/** @param {string} id */
const place = (id) => /** @type {HTMLElement} */ (document.querySelector(`[data-testid="${id}"]`));

/** Adds two decimal numbers, exactly. @param {string} a @param {string} b */
function add(a, b) {
  const decimals = Math.max(...[a, b].map((number) => (number.split('.')[1] ?? '').length));
  const [left, right] = [a, b].map((number) => {
    const [whole, fraction = ''] = number.split('.');
    return BigInt(whole + fraction.padEnd(decimals, '0'));
  });
  const digits = String(left + right).padStart(decimals + 1, '0');
  const point = digits.length - decimals;
  return decimals ? `${digits.slice(0, point)}.${digits.slice(point)}` : digits;
}

/** @param {EventTarget | null} target @param {string} text @param {string} title */
function note(target, text, title) {
  const item = document.createElement('li');
  const time = document.createElement('time');
  time.textContent = new Date().toLocaleTimeString();
  item.append(time, target instanceof Element && target.id ? `${target.id}: ${text}` : text);
  item.title = title;
  place('log').prepend(item);
}

/** @param {EventTarget | null} target @param {Payment} payment */
function show(target, { amountSent: { currency, value }, incomingPayment }) {
  payments += 1;
  totals.set(currency, add(totals.get(currency) ?? '0', value));
  place('events').textContent = String(payments);
  place('total').textContent = [...totals].map(([code, sum]) => `${sum} ${code}`).join(' + ');
  note(target, `${value} ${currency}`, incomingPayment);
  document.body.classList.add('paid');
}

/** The first events may come while the page is still being read. */
const isRead = new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve));

addEventListener('monetization', (event) => {
  // From within a shadow root the link is the first on the path.
  const [link] = event.composedPath();
  isRead.then(() => show(link, /** @type {any} */ (event)));
});
for (const type of ['load', 'error']) {
  // They do not bubble, but are seen on the way down.
  document.addEventListener(type, ({ target }) => {
    if (!(target instanceof HTMLLinkElement) || !target.relList.contains('monetization')) return;
    isRead.then(() => note(target, type, target.href));
  }, true);
}

isRead.then(() => {
  if (document.createElement('link').relList.supports('monetization')) place('support').remove();
  for (const link of document.querySelectorAll('nav a')) {
    const { pathname } = /** @type {HTMLAnchorElement} */ (link);
    const isHere = pathname === '/playground/' ? location.pathname.startsWith(pathname) : location.pathname === pathname;
    if (isHere) link.setAttribute('aria-current', 'page');
  }
});
