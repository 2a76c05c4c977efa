// Building of elements. Text always goes in as text, never as HTML: what the server sends cannot become markup.

/** Returns an element. An attribute of null or false is left out; children may be nodes, texts, null or lists. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") for (const [property, text] of Object.entries(value)) node.style.setProperty(property, text);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Returns a list of terms and their values; pairs without a value are left out. */
export function definitions(pairs) {
  const known = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return element("dl", { class: "facts" }, known.map(([term, value]) =>
    element("div", {}, element("dt", {}, term), element("dd", {}, value))));
}

/** Returns a row of grey bars in the shape of text to come. */
export function skeleton(...widths) {
  return element("div", { "aria-hidden": "true" }, widths.map((width) =>
    element("span", { class: "skeleton", style: { width } })));
}

export const byId = (id) => document.getElementById(id);
