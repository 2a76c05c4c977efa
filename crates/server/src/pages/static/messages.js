// What the page says when there is nothing to show: no symbols, an unknown one, no model, no server.

import { hasKey, keepKey } from "./api.js";
import { element } from "./dom.js";
import { language, t } from "./i18n.js";

/** Returns a command line with a button that copies it. */
export function command(line) {
  const button = element("button", { type: "button", class: "copy" }, t("state.copy"));
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(line);
    button.textContent = t("state.copied");
  });
  // Browsers lend the clipboard to secure pages alone.
  return element("div", { class: "command" }, element("code", {}, line), navigator.clipboard ? button : null);
}

/** Returns the server's sentence, with what stands between back quotes set as code. It is in English. */
export function sentence(text) {
  if (!text) return null;
  const parts = text.split("`");
  return element("p", { class: "detail", lang: "en" },
    parts.map((part, index) => (index % 2 ? element("code", {}, part) : part)));
}

/** Returns the message of a store without symbols. */
export function noSymbols(onRetry) {
  return [
    element("h1", {}, t("state.empty_title")),
    element("p", {}, t("state.empty_text")),
    element("ol", { class: "steps" },
      element("li", {}, element("h2", {}, t("state.empty_step_import")), command("closecast import FILE --symbol S")),
      element("li", {}, element("h2", {}, t("state.empty_step_train")), command("closecast train S"))),
    element("button", { type: "button", class: "primary", onclick: onRetry }, t("state.empty_again")),
  ];
}

/** Returns the message of a symbol that is not in the store. */
export function unknownSymbol(symbol, problem, symbols, onOpen) {
  const link = (entry) => element("button", {
    type: "button",
    class: "chip",
    "aria-label": t("picker.open", { symbol: entry.symbol }),
    onclick: () => onOpen(entry.symbol),
  }, entry.symbol);
  return [
    element("h1", {}, t("state.unknown_title", { symbol })),
    sentence(problem.detail),
    command(`closecast import FILE --symbol ${symbol}`),
    symbols.length ? element("h2", {}, t("state.unknown_known")) : null,
    element("div", { class: "chips" }, symbols.slice(0, 24).map(link)),
  ];
}

/** Returns the form that asks for a key. */
function keyNeeded(onRetry) {
  const input = element("input", {
    type: "password", name: "key", autocomplete: "off", required: "", placeholder: "closecast_…", "aria-label": t("state.key_label"),
  });
  const form = element("form", { class: "key" }, input, element("button", { class: "primary" }, t("state.key_send")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    keepKey(input.value.trim());
    onRetry();
  });
  return [
    element("h1", {}, t("state.key_title")),
    element("p", {}, t("state.key_text")),
    form,
    hasKey() ? element("p", { role: "alert" }, t("state.key_wrong")) : null,
    command("closecast keys create NAME"),
  ];
}

/** Returns the message of a server that gives no data. */
export function failure(problem, onRetry) {
  if (problem.needsKey) return keyNeeded(onRetry);
  return [
    element("h1", {}, problem.isDown ? t("state.down_title") : t("state.failed_title")),
    problem.isDown ? element("p", {}, t("state.down_text")) : null,
    sentence(problem.detail),
    element("button", { type: "button", class: "primary", onclick: onRetry }, t("state.retry")),
  ];
}

/** Returns what stands in the forecast's place while there is none. */
export function noForecast(symbol, problem, onRetry) {
  const missing = problem.status === 404 || problem.status === 409;
  if (missing) {
    return [
      element("p", { class: "lead" }, t("state.no_model", { symbol })),
      // The server's sentence is in English, and says the same.
      language === "en" && problem.detail ? null : element("p", {}, t("state.no_model_text")),
      sentence(problem.detail),
      command(`closecast train ${symbol}`),
    ];
  }
  return [
    element("p", { class: "lead" }, t("state.no_forecast")),
    problem.isDown ? element("p", {}, t("state.down_text")) : null,
    sentence(problem.detail),
    element("button", { type: "button", class: "primary", onclick: onRetry }, t("state.retry")),
  ];
}
