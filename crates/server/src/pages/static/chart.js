// The chart in the page: loads Plotly, draws, and follows the period, the kind, the theme and the reader's zoom.

import { layout, periodRange, priceRange, traces } from "./chart-figure.js";
import { BRAZILIAN_PORTUGUESE } from "./chart-locale.js";
import { element } from "./dom.js";
import { date, language, price, t } from "./i18n.js";

const NARROW = 520;

let plotly = null;

/** Loads Plotly once; it is large, so the figures of the page do not wait for it. */
function loadPlotly() {
  plotly ??= new Promise((resolve, reject) => {
    const script = element("script", { src: document.body.dataset.plotly });
    script.addEventListener("load", () => {
      window.Plotly.register(BRAZILIAN_PORTUGUESE);
      resolve(window.Plotly);
    });
    script.addEventListener("error", () => {
      plotly = null;
      script.remove();
      reject(new Error("plotly.min.js"));
    });
    document.head.append(script);
  });
  return plotly;
}

/** Returns the colours of the style sheet as the browser resolves them for the theme in use. */
function readPalette(container) {
  const probe = container.appendChild(element("span"));
  const names = ["text", "muted", "line", "card", "raised", "history", "forecast", "rise", "fall"];
  const palette = {};
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    palette[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  palette.font = getComputedStyle(container).fontFamily;
  return palette;
}

/** The chart of one symbol at a time. */
export class Chart {
  #container;
  #stock = null;
  #prediction = null;
  #months = 3;
  #kind = "line";
  #zoomed = null;
  #drawing = Promise.resolve();
  #drawn = false;

  constructor(container) {
    this.#container = container;
    document.addEventListener("themechange", () => this.#draw());
    new ResizeObserver(() => this.#resize()).observe(container);
  }

  /** Begins to load what drawing needs, while the data is on its way; a failure is told when it comes to drawing. */
  prepare() {
    loadPlotly().catch(() => {});
  }

  /** Draws a stock with its forecast, which may be null. */
  show(stock, prediction) {
    this.#stock = stock;
    this.#prediction = prediction;
    this.#zoomed = null;
    this.#container.setAttribute("aria-label", this.#summary());
    return this.#draw();
  }

  /** Sets the period in months; null is all. */
  setPeriod(months) {
    this.#months = months;
    this.#zoomed = null;
    return this.#draw();
  }

  /** Sets "line" or "candles". */
  setKind(kind) {
    this.#kind = kind;
    return this.#draw();
  }

  /** One drawing after the other: two at once would leave the chart between two states. */
  #draw() {
    this.#drawing = this.#drawing.then(() => this.#drawNow()).catch((error) => {
      this.#clear(t("chart.failed", { reason: error.message }));
    });
    return this.#drawing;
  }

  /** Takes the chart away and leaves a text in its place. */
  #clear(text) {
    if (this.#drawn) window.Plotly.purge(this.#container);
    this.#drawn = false;
    this.#container.replaceChildren(element("p", { class: "hint chart-wait" }, text));
  }

  async #drawNow() {
    if (!this.#stock) return;
    if (!this.#stock.bars.length) {
      this.#clear(t("chart.empty"));
      return;
    }
    const container = this.#container;
    if (!this.#drawn) this.#clear(t("chart.loading"));
    const library = await loadPlotly();
    if (!this.#drawn) container.replaceChildren();
    const touch = matchMedia("(pointer: coarse)").matches;
    const palette = readPalette(container);
    const x = this.#zoomed ?? this.#periodRange();
    const y = this.#priceRange(x);
    const figure = traces(this.#stock, this.#prediction, this.#kind, palette);
    const options = { touch, narrow: container.clientWidth < NARROW, months: this.#months };
    await library.react(container, figure, layout(this.#stock, this.#prediction, palette, { x, y }, options), {
      locale: language,
      displaylogo: false,
      // Plotly would show the buttons all the time where nothing can hover.
      displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false,
      doubleClick: false,
      modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "resetScale2d"],
      toImageButtonOptions: { filename: `closecast-${this.#stock.symbol}`, scale: 2 },
    });
    this.#follow(library);
  }

  /** After a zoom or a pan the prices in sight fill the height again; a double click brings the period back. */
  #follow(library) {
    if (this.#drawn) return;
    this.#drawn = true;
    this.#container.on("plotly_relayout", (change) => {
      const range = change["xaxis.range"] ?? [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (!range[0] || !range[1]) return;
      this.#zoomed = range.map(String);
      const y = this.#priceRange(this.#zoomed);
      if (y) library.relayout(this.#container, { "yaxis.range": y });
    });
    this.#container.on("plotly_doubleclick", () => this.setPeriod(this.#months));
  }

  #resize() {
    if (this.#drawn && this.#container.clientWidth > 0) window.Plotly.Plots.resize(this.#container);
  }

  #periodRange() {
    return periodRange(this.#stock, this.#prediction, this.#months, this.#container.clientWidth);
  }

  #priceRange([from, to]) {
    return priceRange(this.#stock, this.#prediction, this.#kind, from, to);
  }

  /** Returns the chart in words, for those who do not see it. */
  #summary() {
    const { symbol, bars, currency } = this.#stock;
    if (!bars.length) return symbol;
    const [first, last] = [bars[0], bars.at(-1)];
    const history = t("chart.summary", {
      symbol,
      start: date(first.date),
      end: date(last.date),
      price: price(last.close, currency),
    });
    if (!this.#prediction) return history;
    const { target_date: target, predicted_close: predicted } = this.#prediction;
    return `${history} ${t("chart.summary_forecast", { date: date(target), price: price(predicted, currency) })}`;
  }
}
