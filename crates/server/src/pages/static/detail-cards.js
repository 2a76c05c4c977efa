// The cards that say where a forecast comes from: the model and the data.

import { definitions, element, skeleton } from "./dom.js";
import { date, hasText, moment, number, t } from "./i18n.js";

export const detailSkeleton = () => skeleton("80%", "100%", "65%", "90%");

const range = (start, end) => t("data.range_of", { start: date(start), end: date(end) });

/** Returns the name of an exchange; one without a text keeps the server's name. */
export function exchangeName(exchange) {
  const key = `exchange.${exchange}`;
  return hasText(key) ? t(key) : exchange;
}

/** Returns the name and version of a model; the one that ships with the program has no version. */
export const modelName = (model) => (model.version > 0 ? t("model.version", model) : model.name);

/** Returns the content of the model card. */
export function modelCard({ model }) {
  return definitions([
    [t("model.name"), modelName(model)],
    [t("model.kind"), hasText(`model.kind_${model.kind}`) ? t(`model.kind_${model.kind}`) : null],
    [t("model.architecture"),
      t("model.architecture_of", { architecture: model.architecture, parameters: number(model.parameters) })],
    [t("model.lookback"), t("model.lookback_of", { count: number(model.lookback) })],
    [t("model.horizon"),
      model.horizon === 1 ? t("model.horizon_one") : t("model.horizon_many", { count: number(model.horizon) })],
    [t("model.trained_on"), range(model.trained_on.start, model.trained_on.end)],
    [t("model.created"), model.created_at ? moment(model.created_at) : t("model.shipped")],
    [t("model.code"), model.code_version ? `closecast ${model.code_version}` : null],
    [t("model.hash"), model.sha256 ? element("code", { title: model.sha256 }, model.sha256.slice(0, 12)) : null],
  ]);
}

/** Returns the content of the data card. */
export function dataCard(stock) {
  const { bars } = stock;
  return definitions([
    [t("data.source"), stock.source],
    [t("data.exchange"), exchangeName(stock.exchange)],
    [t("data.currency"), stock.currency ?? t("data.unknown")],
    [t("data.range"), bars.length ? `${number(bars.length)}: ${range(bars[0].date, bars.at(-1).date)}` : null],
    [t("data.stored"), moment(stock.stored_at)],
    [t("data.state"), stock.stale ? element("span", { class: "tag warn" }, t("data.stale")) : t("data.fresh")],
    [t("data.quality"),
      typeof stock.quality_score === "number" ? t("data.quality_of", { score: number(stock.quality_score, 1) }) : null],
  ]);
}
