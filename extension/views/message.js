/**
 * Words, amounts and dates in the user's language: the browser's, if there are words in it, or
 * else English; unless another was chosen.
 */

/** @typedef {import('../view.js').Money} Money */
/** @typedef {keyof typeof import('../_locales/en/messages.json')} Entry */
/** @template E @typedef {E extends `${infer Key}_other` ? Key : never} Counted */
/** @typedef {Exclude<Entry, `${Counted<Entry>}_${Intl.LDMLPluralRule}`>} Key */

export const LANGUAGES = ['en', 'de', 'es', 'ar'];
/** Where the choice is kept. */
const CHOICE = 'language';

const browser = chrome.i18n.getUILanguage();
const known = (/** @type {string | null} */ tag) => LANGUAGES.find((language) => language === tag?.split('-')[0]);
const language = known(localStorage.getItem(CHOICE)) ?? known(browser) ?? 'en';
// With the digits that are typed here too, whatever others the language has.
const locale = new Intl.Locale(known(browser) === language ? browser : language, { numberingSystem: 'latn' });

document.documentElement.lang = language;
document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr';

/** @type {Record<string, { message: string }>} */
let messages = {};

/** Resolved when there are words, and those that stand in the page itself are filled in. */
export const ready = fetch(`/_locales/${language}/messages.json`).then(async (file) => {
  messages = await file.json();
  for (const element of document.querySelectorAll('[data-message]')) {
    element.textContent = messages[element.getAttribute('data-message') ?? ''].message;
  }
});

/**
 * What stands for the key, with each `{name}` replaced by the value of that name.
 * @param {Key} key @param {Record<string, string>} [values]
 */
export const message = (key, values = {}) => filled(key, values);

/**
 * The same for a number of things, in the form that the language has for so many; `{count}` is the
 * number.
 * @param {Counted<Entry>} key @param {number} count @param {Record<string, string>} [values]
 */
export const counted = (key, count, values = {}) => {
  const form = new Intl.PluralRules(locale).select(count);
  return filled(`${key}_${form}`, { count: new Intl.NumberFormat(locale).format(count), ...values });
};

/** @param {string} key @param {Record<string, string>} values */
const filled = (key, values) => messages[key].message.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/**
 * An amount with all the decimals that it has, or more if it changes and should keep its width.
 * @param {Money} money @param {number} [decimals] at least so many
 */
export const amountOf = ({ value, assetCode }, decimals = 0) => {
  const digits = Math.max(decimals, value.split('.')[1]?.length ?? 0);
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  // A string, which is formatted digit by digit: a number would be rounded.
  const decimal = /** @type {Intl.StringNumericLiteral} */ (value);
  // Not every asset is a currency that Intl would take.
  const text = /^[A-Z]{3}$/.test(assetCode)
    ? new Intl.NumberFormat(locale, { ...options, style: 'currency', currency: assetCode }).format(decimal)
    : `${new Intl.NumberFormat(locale, options).format(decimal)} ${assetCode}`;
  // Set apart from words that run the other way, which would pull the sign off the number.
  return document.documentElement.dir === 'rtl' ? `\u2066${text}\u2069` : text;
};

/** @param {Date} date @param {Intl.DateTimeFormatOptions} options */
export const dateOf = (date, options) => new Intl.DateTimeFormat(locale, options).format(date);

/** What a language calls itself. @param {string} tag */
export const nameOf = (tag) => new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag;

/** The language that was chosen, if one was. */
export const chosenLanguage = () => known(localStorage.getItem(CHOICE)) ?? null;

/** Changes to another language, or with null to the browser's. @param {string | null} tag */
export const chooseLanguage = (tag) => {
  if (tag) localStorage.setItem(CHOICE, tag);
  else localStorage.removeItem(CHOICE);
  location.reload();
};
