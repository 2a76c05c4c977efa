// Texts, numbers and dates in the reader's language.

const messages = JSON.parse(document.getElementById("messages").textContent);

/** Language of the page, such as "pt-BR". */
export const language = document.documentElement.lang;

/** The reader's own variety of that language where the browser tells it (en-GB for en): it decides number and date formats. */
const locale = (navigator.languages ?? []).find((tag) => tag.split("-")[0] === language.split("-")[0]) ?? language;

/** Returns the text of `key`, with `{name}` replaced by `values.name`. */
export function t(key, values = {}) {
  const text = messages[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Returns whether there is a text of `key`. */
export const hasText = (key) => key in messages;

const cache = new Map();

/** Returns the formatter of these options; making one is slow, and a chart needs thousands of texts. */
function formatter(type, options) {
  const key = type.name + JSON.stringify(options);
  if (!cache.has(key)) cache.set(key, new type(locale, options));
  return cache.get(key);
}

function currencyOptions(currency) {
  return currency && /^[A-Z]{3}$/.test(currency) ? { style: "currency", currency } : { style: "decimal" };
}

/** Prices below 1 need more digits to tell two days apart. */
function priceDigits(scale) {
  const digits = Math.abs(scale) < 1 ? 4 : 2;
  return { minimumFractionDigits: digits, maximumFractionDigits: digits };
}

/** Returns a price, in its currency where that is known. */
export function price(value, currency) {
  return formatter(Intl.NumberFormat, { ...currencyOptions(currency), ...priceDigits(value) }).format(value);
}

/** Returns a difference of prices with its sign, to the digits that prices of the size of `scale` have. */
export function priceChange(value, scale, currency) {
  const options = { ...currencyOptions(currency), ...priceDigits(scale), signDisplay: "exceptZero" };
  return formatter(Intl.NumberFormat, options).format(value);
}

/** Returns a distance between prices without a sign, to the digits that prices of the size of `scale` have. */
export function priceDistance(value, scale, currency) {
  return formatter(Intl.NumberFormat, { ...currencyOptions(currency), ...priceDigits(scale) }).format(value);
}

/** Returns two prices as a range, such as "$187.20 – $197.97". */
export function priceRange(from, to, currency) {
  return formatter(Intl.NumberFormat, { ...currencyOptions(currency), ...priceDigits(from) }).formatRange(from, to);
}

/** Returns a share (0.512) in percent with exactly `digits` decimals; `signed` also shows a plus. */
export function percent(share, digits = 1, signed = false) {
  const options = { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits };
  return formatter(Intl.NumberFormat, { ...options, signDisplay: signed ? "exceptZero" : "auto" }).format(share);
}

/** Returns the level of an interval (0.9) in percent, without decimals that say nothing. */
export const level = (share) => formatter(Intl.NumberFormat, { style: "percent", maximumFractionDigits: 1 }).format(share);

/** Returns a number with exactly `digits` decimals. */
export function number(value, digits = 0) {
  return formatter(Intl.NumberFormat, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** Returns a p-value: three digits, and never "0.000". */
export const pValue = (value) => (value < 0.001 ? `< ${number(0.001, 3)}` : number(value, 3));

/** A date without a time of day is the same day everywhere, so it is read and written in UTC. */
function day(iso, options) {
  return formatter(Intl.DateTimeFormat, { timeZone: "UTC", ...options }).format(new Date(`${iso}T00:00:00Z`));
}

/** Portuguese spells "4 de mar. de 2013" out; its readers are used to 04/03/2013, which has one meaning there. */
const DATE = language === "pt-BR"
  ? { day: "2-digit", month: "2-digit", year: "numeric" }
  : { day: "numeric", month: "short", year: "numeric" };

/** Returns a date such as "Mar 4, 2013". */
export const date = (iso) => day(iso, DATE);

/** Returns a date with its weekday, such as "Mon, Mar 4, 2013". */
export const weekdayDate = (iso) => day(iso, { weekday: "short", ...DATE });

/** Returns a date in full, such as "Monday, March 4, 2013". */
export const longDate = (iso) => day(iso, { dateStyle: "full" });

/** Returns a date without its year, such as "Mar 4". */
export const shortDate = (iso) => day(iso, { day: "numeric", month: "short" });

/** Returns a moment in the reader's time zone; what is no moment comes back as it was. */
export function moment(iso) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso ?? null;
  return formatter(Intl.DateTimeFormat, { ...DATE, hour: "numeric", minute: "2-digit" }).format(time);
}
