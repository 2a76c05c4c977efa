// The JSON interface, addressed relative to the page.

/** An answer that is no result. `status` is 0 when no answer came at all; `detail` is the server's own sentence. */
export class Problem extends Error {
  constructor(status, detail) {
    super(detail || `HTTP ${status}`);
    this.status = status;
    this.detail = detail;
  }

  /** Whether a key is needed, or another one. */
  get needsKey() {
    return this.status === 401;
  }

  /** Whether the server, or a proxy before it, is not there at all. */
  get isDown() {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

const KEY = "closecast-key";

/** Keeps a key for as long as the tab is open. It goes out with the requests of this page alone: it is no cookie. */
export function keepKey(key) {
  try {
    sessionStorage.setItem(KEY, key);
  } catch {
    // Storage is switched off: nothing can be kept.
  }
}

function keptKey() {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    // As above.
    return null;
  }
}

/** Whether a key was given, be it good or not. */
export const hasKey = () => Boolean(keptKey());

function headers() {
  const key = keptKey();
  return key ? { accept: "application/json", "x-api-key": key } : { accept: "application/json" };
}

async function get(path, signal) {
  let response;
  try {
    response = await fetch(path, { signal, headers: headers() });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, null);
  }
  let body = null;
  try {
    body = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (!response.ok) throw new Problem(response.status, body?.detail ?? null);
  if (body === null) throw new Problem(502, null);
  return body;
}

/** Returns the symbols in the store. */
export const symbols = async (signal) => (await get("api/symbols", signal)).symbols;

/** Returns the stored history of a symbol, oldest bar first. */
export const stock = (symbol, signal) => get(`api/stocks/${encodeURIComponent(symbol)}`, signal);

/** Returns the forecast of a symbol, with its model and its track record. */
export const prediction = (symbol, signal) => get(`api/predictions/${encodeURIComponent(symbol)}`, signal);
