// The forecast page: which symbol is open, what is asked for it, and what is shown while and after.

import * as api from "./api.js";
import { intervals, forecastCard, forecastSkeleton } from "./forecast-card.js";
import { recordCard, recordSkeleton, verdictChip } from "./record-card.js";
import { dataCard, detailSkeleton, exchangeName, modelCard } from "./detail-cards.js";
import { Chart } from "./chart.js";
import { byId, element } from "./dom.js";
import { date, level as levelText, longDate, number, price, t } from "./i18n.js";
import { failure, noForecast, noSymbols, unknownSymbol } from "./messages.js";
import { Picker } from "./picker.js";

const LAST_SYMBOL = "closecast-symbol";

const picker = new Picker(byId("picker"), (symbol) => open(symbol, { push: true }));
const chart = new Chart(byId("chart"));
let symbols = [];
let running = null;

const fill = (id, ...content) => byId(id).replaceChildren(...content.flat().filter((node) => node !== null));

/** Shows a message in place of everything else. */
function showMessage(content) {
  byId("content").hidden = true;
  byId("notices").replaceChildren();
  fill("message", content);
  byId("message").hidden = false;
  document.title = "closecast";
}

function showLoading(symbol) {
  byId("message").hidden = true;
  byId("notices").replaceChildren();
  byId("content").hidden = false;
  byId("content").setAttribute("aria-busy", "true");
  document.title = `${symbol || "…"} · closecast`;
  if (symbol) fill("title", symbol);
  fill("subtitle", symbol ? t("state.loading", { symbol }) : "");
  fill("chip");
  fill("forecast", forecastSkeleton());
  fill("record", recordSkeleton());
  fill("model", detailSkeleton());
  fill("data", detailSkeleton());
}

/** Reads the symbols and opens one: the address's, else the last one opened, else the first that has a model. */
async function start() {
  showLoading("");
  try {
    symbols = await api.symbols();
  } catch (problem) {
    showMessage(failure(problem, start));
    return;
  }
  picker.setSymbols(symbols);
  const known = (symbol) => symbols.some((entry) => entry.symbol === symbol);
  const asked = new URLSearchParams(location.search).get("symbol")?.trim().toUpperCase();
  const last = localStore("get");
  const symbol = asked || (known(last) ? last : null)
    || (symbols.find((entry) => entry.has_model) ?? symbols[0])?.symbol;
  if (symbol) await open(symbol, { push: false });
  else showMessage(noSymbols(start));
}

/** Storage may be switched off; the page then forgets the last symbol. */
function localStore(action, symbol) {
  try {
    return action === "get" ? localStorage.getItem(LAST_SYMBOL) : localStorage.setItem(LAST_SYMBOL, symbol);
  } catch {
    return null;
  }
}

/** Opens a symbol; one that is still loading is given up. */
async function open(symbol, { push }) {
  running?.abort();
  const { signal } = (running = new AbortController());
  picker.setCurrent(symbol);
  rememberAddress(symbol, push);
  showLoading(symbol);
  chart.prepare();
  const [stock, prediction] = await Promise.allSettled([api.stock(symbol, signal), api.prediction(symbol, signal)]);
  if (signal.aborted) return;
  if (stock.status === "rejected") {
    const problem = stock.reason;
    const again = () => open(symbol, { push: false });
    const toOther = (other) => open(other, { push: true });
    const unknown = problem.status === 404 || problem.status === 400 || problem.status === 422;
    showMessage(unknown ? unknownSymbol(symbol, problem, symbols, toOther) : failure(problem, again));
    return;
  }
  localStore("set", symbol);
  show(stock.value, prediction.value ?? null, prediction.reason);
}

function show(stock, prediction, problem) {
  const { symbol } = stock;
  const again = () => open(symbol, { push: false });
  fill("title", symbol);
  const facts = [exchangeName(stock.exchange), stock.currency, t("title.sessions", { count: number(stock.bars.length) })];
  fill("subtitle", facts.filter(Boolean).join(" · "));
  fill("notices", notices(stock, prediction));
  fill("data", dataCard(stock));
  if (prediction) {
    fill("chip", verdictChip(prediction));
    fill("forecast", forecastCard(prediction));
    fill("record", recordCard(prediction));
    fill("model", modelCard(prediction));
    const close = price(prediction.predicted_close, prediction.currency);
    fill("announcement", t("forecast.announced", { symbol, price: close, date: longDate(prediction.target_date) }));
    document.title = `${symbol} ${close} · closecast`;
  } else {
    fill("forecast", noForecast(symbol, problem, again));
    fill("announcement", t("state.no_model", { symbol }));
    document.title = `${symbol} · closecast`;
  }
  byId("content").classList.toggle("without-model", !prediction);
  fill("legend", legend(prediction));
  byId("content").setAttribute("aria-busy", "false");
  chart.show(stock, prediction);
}

function notices(stock, prediction) {
  const list = [];
  const end = stock.bars.at(-1)?.date;
  if (end && (stock.stale || prediction?.stale)) {
    list.push(element("p", { class: "notice warn" },
      element("strong", {}, t("notice.stale")), " ", t("notice.stale_why", { date: date(end) })));
  } else if (prediction && prediction.target_date < new Date().toISOString().slice(0, 10)) {
    list.push(element("p", { class: "notice" }, t("notice.past", { date: longDate(prediction.as_of) })));
  }
  return list;
}

function legend(prediction) {
  const entry = (mark, text, only = null) => element("li", { class: only }, element("i", { class: `mark ${mark}` }), text);
  const items = [
    entry("mark-history", t("chart.close"), "only-line"),
    entry("mark-candle", t("chart.rise"), "only-candles"),
    entry("mark-candle fall", t("chart.fall"), "only-candles"),
  ];
  if (!prediction) return items;
  const levels = intervals(prediction.sessions[0]).map(({ level }) => levelText(level).replace(/\s*%/, ""));
  items.push(entry("mark-forecast", t("chart.forecast")));
  if (levels.length) items.push(entry("mark-band", t("chart.bands", { levels: levels.reverse().join(" · ") })));
  items.push(entry("mark-naive", t("chart.naive")));
  return items;
}

/** Keeps the symbol in the address and in the links of the language switch. */
function rememberAddress(symbol, push) {
  const query = new URLSearchParams(location.search);
  if (query.get("symbol") !== symbol) {
    query.set("symbol", symbol);
    history[push ? "pushState" : "replaceState"](null, "", `?${query}`);
  }
  for (const link of document.querySelectorAll("[data-language]")) {
    link.href = `?${new URLSearchParams({ lang: link.dataset.language, symbol })}`;
  }
}

/** Makes a group of buttons one choice. */
function choice(group, onChoose) {
  const buttons = [...byId(group).querySelectorAll("button")];
  const press = (chosen) => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button === chosen)));
  press(buttons.find((button) => button.getAttribute("aria-pressed") === "true"));
  byId(group).addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    press(button);
    onChoose(button.dataset);
  });
}

choice("periods", ({ months }) => chart.setPeriod(months ? Number(months) : null));
choice("kinds", ({ kind }) => {
  byId("legend").dataset.kind = kind;
  chart.setKind(kind);
});
addEventListener("popstate", () => start());
start();
