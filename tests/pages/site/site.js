/**
 * Shows what this page is paid. Each event is kept in `window.__events` too, as plain data with the
 * time since the page was opened, for whoever drives the browser.
 */

/** @typedef {{ amountSent: { currency: string, value: string }, incomingPayment: string, at: number }} Payment */

/** @type {Payment[]} */
const events = [];
Reflect.set(window, '__events', events);

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

/** @param {Payment} payment */
function show({ amountSent: { currency, value }, incomingPayment }) {
  totals.set(currency, add(totals.get(currency) ?? '0', value));
  place('events').textContent = String(events.length);
  place('total').textContent = [...totals].map(([code, sum]) => `${sum} ${code}`).join(' + ');
  const item = document.createElement('li');
  const time = document.createElement('time');
  time.textContent = new Date().toLocaleTimeString();
  item.append(time, `${value} ${currency}`);
  item.title = incomingPayment;
  place('log').prepend(item);
  document.body.classList.add('paid');
}

addEventListener('monetization', (event) => {
  const { amountSent, incomingPayment } = /** @type {any} */ (event);
  const { currency, value } = amountSent;
  const payment = { amountSent: { currency, value }, incomingPayment, at: performance.now() };
  events.push(payment);
  show(payment);
});

if (document.createElement('link').relList.supports('monetization')) place('support').remove();
