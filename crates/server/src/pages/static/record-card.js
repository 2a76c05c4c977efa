// The card with the track record: the model beside the naive forecast, on days that it never saw.

import { element, skeleton } from "./dom.js";
import { hasText, level as levelText, number, pValue, percent, priceDistance, t } from "./i18n.js";

const NONE = "–";

export const recordSkeleton = () => skeleton("70%", "100%", "90%", "100%", "100%", "100%", "100%", "60%");

/** Returns the short mark of the verdict, for the head of the page. */
export function verdictChip({ verdict }) {
  const key = `verdict_chip.${verdict.code}`;
  const text = hasText(key) ? t(key) : verdict.code;
  return element("a", { class: `chip verdict-${verdict.code}`, href: "#record-title", title: verdict.sentence },
    t("record.versus", { verdict: text }));
}

/** Returns the content of the track record card. */
export function recordCard(prediction) {
  const { metrics, naive, model } = prediction;
  // A model of the spread has no points of its own to be measured.
  if (!metrics || !naive) return [verdictBanner(prediction), coverage(model, "record.coverage_after"), coverageTable(model)];
  return [
    verdictBanner(prediction),
    testTable(prediction, metrics.test, naive.test),
    coverage(model),
    element("details", {},
      element("summary", {}, t("record.parts")),
      element("p", { class: "hint" }, t("record.parts_hint")),
      partsTable(prediction)),
  ];
}

/** A verdict that this page does not know yet is told in the server's words. */
function verdictBanner({ verdict, metrics, naive, last_close: last, currency }) {
  const values = metrics && naive ? {
    days: number(metrics.test.days),
    model: priceDistance(metrics.test.mae, last, currency),
    naive: priceDistance(naive.test.mae, last, currency),
  } : {};
  const known = hasText(`verdict.${verdict.code}`);
  return element("div", { class: `verdict verdict-${verdict.code}` },
    element("h3", {}, known ? t(`verdict.${verdict.code}`) : verdict.sentence),
    known ? element("p", {}, t(`verdict_why.${verdict.code}`, values)) : null);
}

/** Returns the rows of the table: text, hint, the model's figure and naive's. */
function rows({ last_close: last, currency }, model, naive) {
  const amount = (value) => (value === null ? NONE : priceDistance(value, last, currency));
  const share = (value) => (value === null ? NONE : percent(value / 100, 2));
  return [
    [t("record.mae"), t("record.mae_hint"), amount(model.mae), amount(naive.mae)],
    [t("record.rmse"), t("record.rmse_hint"), amount(model.rmse), amount(naive.rmse)],
    [t("record.mape"), t("record.mape_hint"), share(model.mape), share(naive.mape)],
    [t("record.direction"), t("record.direction_hint"), direction(model), direction(naive)],
    [t("record.relative"), t("record.relative_hint"), ratio(model.rel_mae_naive), number(1, 3)],
    [t("record.p_value"), t("record.p_value_hint"), model.dm_p_value === null ? NONE : pValue(model.dm_p_value), NONE],
  ];
}

const ratio = (value) => (value === null ? NONE : number(value, 3));

function direction({ directional_accuracy: right }) {
  if (!right) return NONE;
  return [percent(right.value), element("small", {}, `${percent(right.lower)} – ${percent(right.upper)}`)];
}

function testTable(prediction, model, naive) {
  return element("table", { class: "record" },
    element("caption", {}, t("record.caption", { days: number(model.days) })),
    element("thead", {}, element("tr", {},
      element("th", { scope: "col" }, t("record.metric")),
      element("th", { scope: "col" }, t("record.model")),
      element("th", { scope: "col" }, t("record.naive")))),
    element("tbody", {}, rows(prediction, model, naive).map(([name, hint, ofModel, ofNaive]) => element("tr", {},
      element("th", { scope: "row" }, name, element("small", {}, hint)),
      element("td", {}, ofModel),
      element("td", {}, ofNaive)))));
}

function coverage({ interval_level: level, interval_coverage: measured }, key = "record.coverage") {
  if (typeof measured !== "number") return null;
  const values = { level: levelText(level), coverage: percent(measured) };
  return element("div", { class: "coverage" },
    element("p", {}, t(key, values)),
    element("div", { class: "coverage-track", role: "img", "aria-label": t("record.coverage_bar", values) },
      element("span", { class: "coverage-value", style: { width: `${measured * 100}%` } }),
      element("span", { class: "coverage-goal", style: { left: `${level * 100}%` } })),
    element("div", { class: "coverage-scale muted", "aria-hidden": "true" },
      element("span", { style: { left: `${level * 100}%` } }, t("record.promised", values))));
}

/** Returns how often each interval held, where a model tells it. */
function coverageTable({ coverage: measured }) {
  if (!measured?.intervals?.length) return null;
  return element("table", { class: "record" },
    element("caption", {}, t("record.coverage_caption", {
      days: number(measured.days), forecasts: number(measured.forecasts),
    })),
    element("thead", {}, element("tr", {},
      element("th", { scope: "col" }, t("record.interval")),
      element("th", { scope: "col" }, t("record.held")))),
    element("tbody", {}, measured.intervals.map(({ level, share }) => element("tr", {},
      element("th", { scope: "row" }, levelText(level)),
      element("td", {}, percent(share))))));
}

function partsTable({ metrics, naive, last_close: last, currency }) {
  const amount = (value) => priceDistance(value, last, currency);
  const parts = [["train", t("record.train")], ["validation", t("record.validation")], ["test", t("record.test")]];
  return element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("record.parts") },
    element("table", {},
      element("thead", {}, element("tr", {},
        element("th", { scope: "col" }, t("record.part")),
        element("th", { scope: "col" }, `${t("record.mae")}, ${t("record.model")}`),
        element("th", { scope: "col" }, `${t("record.mae")}, ${t("record.naive")}`),
        element("th", { scope: "col" }, t("record.relative")))),
      element("tbody", {}, parts.filter(([part]) => metrics[part] && naive[part]).map(([part, name]) => element("tr", {},
        element("th", { scope: "row" }, name, element("small", {}, number(metrics[part].days))),
        element("td", {}, amount(metrics[part].mae)),
        element("td", {}, amount(naive[part].mae)),
        element("td", {}, ratio(metrics[part].rel_mae_naive)))))));
}
