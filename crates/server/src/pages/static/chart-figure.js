// What the chart shows, as Plotly's data and layout. Nothing here touches the page.

import { intervals } from "./forecast-card.js";
import { price, priceRange as rangeText, shortDate, t, weekdayDate } from "./i18n.js";

const DAY = 86_400_000;
/** Space beside the last session for the forecast's label, in pixels: its own distance, and each character. */
const LABEL_SPACE = { distance: 26, character: 8.5 };
/** Periods of up to so many months are drawn without weekends; over years those are narrower than a pixel. */
const MONTHS_WITHOUT_WEEKENDS = 12;
/** Forecasts of few sessions are a sliver at most zoom levels: bars on their dates stay visible. */
const SESSIONS_WITH_BARS = 3;
/** Most sessions forecast whose dots are drawn large. */
const SESSIONS_WITH_DOTS = 8;
/** A session that falls on a weekend (some exchanges have them) must not be cut out of the axis. */
const WEEKEND = [0, 6];

const time = (iso) => Date.parse(`${iso}T00:00:00Z`);
const isoDay = (moment) => new Date(moment).toISOString().slice(0, 10);

/** Returns the last date of the chart: the last session forecast, or the last bar. */
function lastDate(stock, prediction) {
  const dates = [stock.bars.at(-1)?.date, prediction?.sessions.at(-1)?.date].filter(Boolean);
  return dates.sort().at(-1);
}

/** Returns the range of the x axis for a period of so many months (null for all) on `width` pixels: two ISO dates. */
export function periodRange(stock, prediction, months, width) {
  const lastBar = new Date(time(stock.bars.at(-1).date));
  const first = stock.bars[0].date;
  let start = first;
  if (months) {
    const from = new Date(lastBar);
    from.setUTCMonth(from.getUTCMonth() - months);
    // 31 May less three months is 3 March in JavaScript: go back to the last day of February.
    if (from.getUTCDate() !== lastBar.getUTCDate()) from.setUTCDate(0);
    start = isoDay(from) > first ? isoDay(from) : first;
  }
  const end = time(lastDate(stock, prediction));
  const span = Math.max(end - time(start), 5 * DAY);
  const share = labelShare(prediction, width);
  const space = prediction ? (span * share) / (1 - share) : span * 0.02;
  return [isoDay(time(start) - span * 0.01), isoDay(end + Math.max(space, DAY))];
}

/** Returns the share of the chart's width that the forecast's label takes. */
function labelShare(prediction, width) {
  const last = prediction?.sessions.at(-1);
  if (!last) return 0;
  const characters = price(last.predicted_close, prediction.currency).length;
  return Math.min(0.45, (LABEL_SPACE.distance + LABEL_SPACE.character * characters) / Math.max(width - 60, 200));
}

/** Returns the range of prices seen between two dates, with some air; null where nothing is seen. */
export function priceRange(stock, prediction, kind, from, to) {
  const [start, end] = [from.slice(0, 10), to.slice(0, 10)];
  let [low, high] = [Infinity, -Infinity];
  const see = (value) => {
    if (!Number.isFinite(value)) return;
    low = Math.min(low, value);
    high = Math.max(high, value);
  };
  for (const bar of stock.bars) {
    if (bar.date < start || bar.date > end) continue;
    for (const value of kind === "candles" ? [bar.low, bar.high] : [bar.close]) see(value);
  }
  for (const session of prediction?.sessions ?? []) {
    if (session.date < start || session.date > end) continue;
    see(session.predicted_close);
    for (const { lower, upper } of intervals(session)) [lower, upper].forEach(see);
  }
  if (low > high) return null;
  const air = (high - low || Math.abs(high) * 0.01 || 1) * 0.06;
  return [low - air, high + air];
}

/** Returns a colour of the form rgb(…) with the opacity given. */
const fade = (colour, opacity) => colour.replace(/^rgb\(([^)]+)\)$/, `rgba($1, ${opacity})`);

function closes(stock, palette) {
  return {
    type: "scatter",
    mode: "lines",
    x: stock.bars.map((bar) => bar.date),
    y: stock.bars.map((bar) => bar.close),
    text: stock.bars.map((bar) => `${weekdayDate(bar.date)}<br><b>${price(bar.close, stock.currency)}</b>`),
    hovertemplate: "%{text}<extra></extra>",
    line: { color: palette.history, width: 2, shape: "linear" },
  };
}

function candles(stock, palette) {
  const of = (field) => stock.bars.map((bar) => bar[field]);
  const line = (name, value) => `${name} ${price(value, stock.currency)}`;
  return {
    type: "candlestick",
    x: of("date"),
    open: of("open"),
    high: of("high"),
    low: of("low"),
    close: of("close"),
    text: stock.bars.map((bar) => [
      weekdayDate(bar.date),
      line(t("chart.open"), bar.open),
      line(t("chart.high"), bar.high),
      line(t("chart.low"), bar.low),
      line(t("chart.close"), bar.close),
    ].join("<br>")),
    hoverinfo: "text",
    increasing: { line: { color: palette.rise, width: 1.2 }, fillcolor: palette.card },
    decreasing: { line: { color: palette.fall, width: 1.2 }, fillcolor: palette.fall },
  };
}

/** The fan opens at the last close that the model knew, and passes through the intervals of each session. */
function fan(prediction, palette) {
  const { sessions, as_of: asOf, last_close: last } = prediction;
  const dates = [asOf, ...sessions.map((session) => session.date)];
  const levels = intervals(sessions[0]).map(({ level }) => level);
  return levels.map((level) => {
    const bands = sessions.map((session) => intervals(session).find((band) => band.level === level));
    if (bands.includes(undefined)) return null;
    return {
      type: "scatter",
      mode: "lines",
      x: [...dates, ...dates.toReversed()],
      y: [last, ...bands.map(({ upper }) => upper), ...bands.map(({ lower }) => lower).reverse(), last],
      fill: "toself",
      fillcolor: fade(palette.forecast, 0.16),
      line: { width: 0 },
      hoverinfo: "skip",
    };
  }).filter(Boolean);
}

function bars(prediction, palette) {
  if (prediction.sessions.length > SESSIONS_WITH_BARS) return [];
  return prediction.sessions.flatMap((session) => intervals(session).map(({ lower, upper }) => ({
    type: "scatter",
    mode: "lines",
    x: [session.date, session.date],
    y: [lower, upper],
    line: { color: fade(palette.forecast, 0.26), width: 9 },
    hoverinfo: "skip",
  })));
}

function path(prediction, palette) {
  const { sessions, as_of: asOf, last_close: last, currency } = prediction;
  // Many dots with outlines would run into one band.
  const dot = sessions.length > SESSIONS_WITH_DOTS ? { size: 4, outline: 0 } : { size: 8, outline: 1.5 };
  const about = (session) => {
    const widest = intervals(session)[0];
    const range = widest ? `<br>${rangeText(widest.lower, widest.upper, currency)}` : "";
    const title = `${t("chart.forecast")}: ${weekdayDate(session.date)}`;
    return `${title}<br><b>${price(session.predicted_close, currency)}</b>${range}`;
  };
  return {
    type: "scatter",
    mode: "lines+markers",
    x: [asOf, ...sessions.map((session) => session.date)],
    y: [last, ...sessions.map((session) => session.predicted_close)],
    text: ["", ...sessions.map(about)],
    hovertemplate: ["<extra></extra>", ...sessions.map(() => "%{text}<extra></extra>")],
    line: { color: palette.forecast, width: 2, dash: "4px,3px" },
    marker: {
      color: palette.forecast,
      size: [0, ...sessions.map(() => dot.size)],
      line: { color: palette.card, width: dot.outline },
    },
  };
}

function naive(prediction, palette) {
  const { sessions, as_of: asOf, last_close: last } = prediction;
  return {
    type: "scatter",
    mode: "lines",
    x: [asOf, sessions.at(-1).date],
    y: [last, last],
    line: { color: palette.muted, width: 1.5, dash: "dot" },
    hoverinfo: "skip",
  };
}

/** Returns Plotly's list of traces. */
export function traces(stock, prediction, kind, palette) {
  const history = kind === "candles" ? candles(stock, palette) : closes(stock, palette);
  if (!prediction?.sessions.length) return [history];
  const drawn = [fan, bars].flatMap((part) => part(prediction, palette));
  return [...drawn, naive(prediction, palette), history, path(prediction, palette)]
    .map((trace) => ({ showlegend: false, ...trace }));
}

function label(prediction, palette) {
  const last = prediction?.sessions.at(-1);
  if (!last) return [];
  return [{
    x: last.date,
    y: last.predicted_close,
    text: `<b>${price(last.predicted_close, prediction.currency)}</b><br>${shortDate(last.date)}`,
    showarrow: false,
    xanchor: "left",
    xshift: 11,
    align: "left",
    font: { color: palette.forecast, size: 13 },
  }];
}

function cutsWeekends(stock, months) {
  if (!months || months > MONTHS_WITHOUT_WEEKENDS) return false;
  return !stock.bars.some((bar) => WEEKEND.includes(new Date(time(bar.date)).getUTCDay()));
}

/** Returns Plotly's layout. `ranges` holds the two axes' ranges, `options` what follows from the screen and the period:
 *  `touch` whether a finger has to scroll the page, `narrow` whether few labels fit, `months` the period. */
export function layout(stock, prediction, palette, { x, y }, { touch, narrow, months }) {
  const axis = {
    color: palette.muted,
    gridcolor: palette.line,
    linecolor: palette.line,
    zeroline: false,
    tickfont: { size: 12 },
    fixedrange: touch,
  };
  return {
    autosize: true,
    margin: { l: 8, r: 8, t: 12, b: 8 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: palette.font, color: palette.text, size: 13 },
    hovermode: "x",
    hoverlabel: {
      bgcolor: palette.raised,
      bordercolor: palette.line,
      font: { family: palette.font, color: palette.text, size: 13 },
      align: "left",
    },
    dragmode: touch ? false : "pan",
    showlegend: false,
    modebar: { bgcolor: "rgba(0,0,0,0)", color: palette.muted, activecolor: palette.text },
    annotations: label(prediction, palette),
    xaxis: {
      ...axis,
      type: "date",
      range: x,
      automargin: true,
      nticks: narrow ? 4 : 7,
      tickangle: 0,
      showgrid: false,
      showline: true,
      ticks: "outside",
      ticklen: 4,
      rangeslider: { visible: false },
      rangebreaks: cutsWeekends(stock, months) ? [{ bounds: ["sat", "mon"] }] : [],
      showspikes: true,
      spikemode: "across",
      spikethickness: 1,
      spikedash: "dot",
      spikecolor: palette.muted,
    },
    yaxis: { ...axis, range: y, automargin: true, nticks: 7, fixedrange: true },
  };
}
