// The card with the forecast itself. Its colours are neutral: a rise of 0.03 % is no green promise.

import { modelName } from "./detail-cards.js";
import { definitions, element, skeleton } from "./dom.js";
import { level as levelText, longDate, percent, price, priceChange, priceDistance, priceRange, t, weekdayDate } from "./i18n.js";

const LEVELS = [0.5, 0.8, 0.9];

/** Returns the price that a session's close is forecast to stay below with probability `level`, or null. */
function quantile(session, level) {
  return session.quantiles?.find((entry) => Math.abs(entry.level - level) < 1e-6)?.price ?? null;
}

/** Returns the central intervals of a session, the widest first: `{level, lower, upper}`. */
export function intervals(session) {
  const found = LEVELS.map((level) => ({
    level,
    lower: quantile(session, (1 - level) / 2),
    upper: quantile(session, (1 + level) / 2),
  })).filter(({ lower, upper }) => lower !== null && upper !== null);
  const given = session.interval;
  if (given && !found.some(({ level }) => Math.abs(level - given.level) < 1e-6)) found.push(given);
  return found.sort((a, b) => b.level - a.level);
}

export const forecastSkeleton = () => skeleton("60%", "85%", "45%", "100%", "100%", "70%");

/** Returns the content of the forecast card. */
export function forecastCard(prediction) {
  const { currency, last_close: last, predicted_close: predicted, interval } = prediction;
  const level = levelText(interval.level);
  return [
    element("p", { class: "target" }, longDate(prediction.target_date)),
    element("p", { class: "figure" }, price(predicted, currency)),
    element("p", { class: "change" },
      element("span", { class: "change-value" },
        `${priceChange(predicted - last, last, currency)} (${percent((predicted - last) / last, 2, true)})`),
      " ", element("span", { class: "muted" }, t("forecast.change", { price: price(last, currency) }))),
    intervalBar(prediction),
    usualMiss(prediction),
    definitions([
      [t("forecast.interval", { level }),
        element("span", { class: "nowrap" }, priceRange(interval.lower, interval.upper, currency))],
      [t("forecast.as_of"), weekdayDate(prediction.as_of)],
      [t("forecast.made_by"), modelName(prediction.model)],
    ]),
    sessionsTable(prediction),
  ];
}

/** Says how the forecast move compares with the size of the model's errors on test days. */
function usualMiss({ currency, last_close: last, predicted_close: predicted, metrics }) {
  const mae = metrics?.test?.mae;
  if (typeof mae !== "number") return null;
  const values = { mae: priceDistance(mae, last, currency) };
  const small = Math.abs(predicted - last) < mae;
  return element("p", { class: "hint" }, small ? t("forecast.small_move", values) : t("forecast.large_move", values));
}

/** Draws the intervals of the next session to scale, with the forecast and the last close on them. */
function intervalBar({ currency, last_close: last, predicted_close: predicted, interval, sessions }) {
  const bands = intervals(sessions?.[0] ?? { interval });
  const low = Math.min(last, predicted, ...bands.map(({ lower }) => lower));
  const high = Math.max(last, predicted, ...bands.map(({ upper }) => upper));
  const span = high - low || Math.abs(high) * 0.01 || 1;
  const at = (value) => `${(4 + (92 * (value - low)) / span).toFixed(2)}%`;
  const width = (from, to) => `${((92 * (to - from)) / span).toFixed(2)}%`;
  const label = t("forecast.bar", {
    level: levelText(interval.level),
    lower: price(interval.lower, currency),
    upper: price(interval.upper, currency),
    price: price(predicted, currency),
    last: price(last, currency),
  });
  return element("div", { class: "interval", role: "img", "aria-label": label },
    element("div", { class: "interval-track" },
      bands.map(({ lower, upper }) =>
        element("span", { class: "interval-band", style: { left: at(lower), width: width(lower, upper) } })),
      element("span", { class: "interval-last", style: { left: at(last) } }),
      element("span", { class: "interval-point", style: { left: at(predicted) } })),
    element("div", { class: "interval-ends" },
      element("span", {}, price(interval.lower, currency)),
      element("span", { class: "interval-key" }, element("i", { class: "tick" }), t("forecast.last_close")),
      element("span", {}, price(interval.upper, currency))));
}

function sessionsTable({ currency, sessions }) {
  if (!sessions?.length) return null;
  const levels = intervals(sessions[0]).map(({ level }) => level).sort((a, b) => a - b);
  if (!levels.length) return null;
  const cell = (session, level) => {
    const band = intervals(session).find((entry) => entry.level === level);
    return element("td", {}, band ? priceRange(band.lower, band.upper, currency) : "–");
  };
  return element("details", {},
    element("summary", {}, t("forecast.sessions")),
    element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("forecast.sessions") },
      element("table", {},
        element("thead", {}, element("tr", {},
          element("th", { scope: "col" }, t("forecast.session")),
          element("th", { scope: "col" }, t("forecast.point")),
          levels.map((level) => element("th", { scope: "col" }, levelText(level))))),
        element("tbody", {}, sessions.map((session) => element("tr", {},
          element("th", { scope: "row" }, weekdayDate(session.date)),
          element("td", {}, price(session.predicted_close, currency)),
          levels.map((level) => cell(session, level))))))));
}
