// The symbol search: a combobox as the ARIA Authoring Practices describe it (list autocomplete, manual selection).

import { element } from "./dom.js";
import { date, number, t } from "./i18n.js";

/** The search field of the header. `onOpen(symbol)` is called with the symbol that the reader opened. */
export class Picker {
  #form;
  #input;
  #list;
  #onOpen;
  #symbols = [];
  #shown = [];
  #active = -1;
  #current = "";

  constructor(form, onOpen) {
    this.#form = form;
    this.#input = form.querySelector("input");
    this.#list = form.querySelector("[role=listbox]");
    this.#onOpen = onOpen;
    this.#input.addEventListener("focus", () => { this.#input.select(); this.#open(""); });
    this.#input.addEventListener("click", () => this.#list.hidden && this.#open(""));
    this.#input.addEventListener("input", () => this.#open(this.#input.value));
    this.#input.addEventListener("keydown", (event) => this.#key(event));
    this.#input.addEventListener("blur", () => this.#close());
    // A press would take the focus from the field, and closing the list would eat the click.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => this.#choose(event.target.closest("[role=option]")?.dataset.symbol));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#choose(this.#shown[this.#active]?.symbol ?? this.#input.value);
    });
  }

  /** Sets the symbols that can be found. */
  setSymbols(symbols) {
    this.#symbols = symbols;
  }

  /** Shows `symbol` as the open one. */
  setCurrent(symbol) {
    this.#current = symbol;
    this.#input.value = symbol;
  }

  focus() {
    this.#input.focus();
  }

  #choose(text) {
    const symbol = (text ?? "").trim().toUpperCase();
    if (!symbol) return;
    this.setCurrent(symbol);
    this.#input.blur();
    this.#onOpen(symbol);
  }

  #open(text) {
    const needle = text.trim().toUpperCase();
    const matches = this.#symbols.filter(({ symbol }) => symbol.includes(needle));
    const starts = ({ symbol }) => (symbol.startsWith(needle) ? 0 : 1);
    this.#shown = matches.sort((a, b) => starts(a) - starts(b) || a.symbol.localeCompare(b.symbol)).slice(0, 50);
    this.#list.replaceChildren(...this.#shown.map((entry, index) => this.#option(entry, index)));
    this.#setActive(-1);
    this.#setOpen(this.#shown.length > 0);
  }

  #option(entry, index) {
    const current = entry.symbol === this.#current;
    const sessions = t("picker.sessions", { count: number(entry.rows), date: date(entry.last_date) });
    return element("li", { role: "option", id: `symbol-${index}`, "aria-selected": "false", "data-symbol": entry.symbol },
      element("strong", { class: current ? "current" : null }, entry.symbol),
      entry.has_model ? null : element("span", { class: "tag" }, t("picker.no_model")),
      element("small", {}, sessions));
  }

  #key(event) {
    if (event.key === "Escape") {
      this.#close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.#list.hidden) return this.#open("");
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = this.#shown.length;
      this.#setActive(this.#active < 0 && step < 0 ? count - 1 : (this.#active + step + count) % count);
    }
    return undefined;
  }

  #setActive(index) {
    this.#active = index;
    [...this.#list.children].forEach((option, at) => {
      option.setAttribute("aria-selected", String(at === index));
      if (at === index) option.scrollIntoView({ block: "nearest" });
    });
    if (index < 0) this.#input.removeAttribute("aria-activedescendant");
    else this.#input.setAttribute("aria-activedescendant", `symbol-${index}`);
  }

  #close() {
    this.#setOpen(false);
    this.#input.value = this.#current;
  }

  #setOpen(open) {
    this.#list.hidden = !open;
    this.#input.setAttribute("aria-expanded", String(open));
    if (!open) this.#active = -1;
  }
}
