#!/usr/bin/env python3
"""Opens the dashboard as a reader would, in each of the ways one may look at it, and keeps a screenshot of each.

Fails unless the page loads from its own server alone, draws the chart of history and forecast, shows the forecast that the API
gives, fits its window, follows the colour scheme and language, and leaves the console without errors. Then makes a key: from there on
the page must ask for it, say that another one is wrong, and open with it.
"""

import argparse
import os
import json
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webdriver import Browser, wait_for

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 20
DRAW_SECONDS = 20


@dataclass(frozen=True)
class Look:
    """One way to look at the page."""

    name: str
    width: int
    height: int
    scheme: str
    query: str
    mobile: bool = False


LOOKS = [
    Look("light", 1280, 900, "light", "?lang=en"),
    Look("dark", 1280, 900, "dark", "?lang=en"),
    Look("narrow", 390, 844, "light", "?lang=en", mobile=True),
    Look("portuguese", 1280, 900, "light", "?lang=pt-BR"),
]

CHART_IS_DRAWN = """
    const chart = document.querySelector('#chart.js-plotly-plot, #chart .js-plotly-plot');
    return chart !== null && chart.querySelectorAll('.main-svg .trace path').length > 0;
"""
STATE = """
    const visible = (element) => element !== null && element.getClientRects().length > 0;
    const all = (selector) => Array.from(document.querySelectorAll(selector));
    return {
        title: document.title,
        heading: document.querySelector('h1')?.textContent.trim() ?? '',
        forecast: document.querySelector('#forecast')?.innerText ?? '',
        language: document.documentElement.lang,
        background: getComputedStyle(document.body).backgroundColor,
        busy: all('[aria-busy=true]').filter(visible).length,
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        requests: performance.getEntriesByType('resource').map((entry) => entry.name),
        traces: all('#chart .trace').filter((trace) => trace.querySelector('path[d]:not([d=""]):not([d="M0,0Z"])')).length,
        unfilled: document.body.innerText.match(/\\{\\w+\\}|undefined|NaN|\\[object/g) ?? [],
        nameless: all('button, a, input, select').filter(visible).filter((element) =>
            !element.closest('.modebar')  // Plotly's own
            && !(element.innerText.trim() || element.getAttribute('aria-label') || element.title || element.labels?.length)
        ).map((element) => element.outerHTML.slice(0, 120)),
    };
"""


DOOR = "return document.querySelector('form.key') !== null;"
KEY_IS_WRONG = "return document.querySelector('form.key') !== null && document.querySelector('[role=alert]')?.innerText || '';"


def fetch(url: str):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return json.load(answer) if "json" in answer.headers.get("Content-Type", "") else answer.read()


def program(data_dir: Path, *arguments: str) -> list[str]:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return [str(target / "release/closecast"), "--data-dir", str(data_dir), *arguments]


@contextmanager
def server(data_dir: Path, log: Path):
    """Runs `closecast serve` on a free port and gives its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = program(data_dir, "serve", "--port", str(port))
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            wait_for(lambda: answers(address, process), START_SECONDS, f"{' '.join(command)} to answer; see {log}")
            yield address
        finally:
            process.terminate()
            if process.wait(timeout=20) != 0:
                raise AssertionError(f"the server ended with {process.returncode} when asked to stop; see {log}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(address: str, process: subprocess.Popen) -> bool:
    if process.poll() is not None:
        raise AssertionError(f"the server ended with {process.returncode} before it answered")
    try:
        fetch(f"{address}/livez")
    except OSError:
        return False
    return True


def is_locked(address: str) -> bool:
    try:
        fetch(f"{address}/api/symbols")
    except urllib.error.HTTPError as error:
        return error.code == 401
    return False


def predicted_digits(requests: list[str]) -> str:
    """Returns the digits of the forecast, to the cent, that the page asked the API for: locales differ in all else."""
    asked = [url for url in requests if "/api/predictions/" in url]
    return re.sub(r"\D", "", f"{fetch(asked[0])['predicted_close']:.2f}") if asked else ""


def faults(look: Look, state: dict, console: list[str], address: str) -> list[str]:
    """Returns what is wrong with the page as it was found."""
    language = look.query.removeprefix("?lang=")
    digits = predicted_digits(state["requests"])
    elsewhere = [url for url in state["requests"] if not url.startswith((address, "data:", "blob:"))]
    checks = [
        (state["title"] == "", "has no title"),
        (state["heading"] == "", "has no heading"),
        (state["language"] != language, f"speaks {state['language']!r}, not {language!r}"),
        (state["busy"] > 0, "is still busy"),
        (state["traces"] < 2, f"draws {state['traces']} traces: history and forecast are at least two"),
        (state["overflow"] > 0, f"is {state['overflow']} px wider than its window"),
        (digits == "" or digits not in re.sub(r"\D", "", state["forecast"]),
         f"does not show the forecast of the API, {digits!r}, in {state['forecast']!r}"),
        (state["unfilled"], f"shows what nobody filled in: {state['unfilled']}"),
        (elsewhere, f"loads from elsewhere: {elsewhere}"),
        (state["nameless"], f"has controls without a name: {state['nameless']}"),
        (console, f"leaves on the console: {console}"),
    ]
    return [f"{look.name}: the page {message}" for is_wrong, message in checks if is_wrong]


def look_at(browser: Browser, look: Look, address: str, screenshots: Path) -> tuple[dict, list[str]]:
    """Opens the page in one way; returns its state and what is wrong with it."""
    browser.show_as(look.width, look.height, look.scheme, look.mobile)
    browser.open(f"{address}/{look.query}")
    try:
        wait_for(lambda: browser.evaluate(CHART_IS_DRAWN), DRAW_SECONDS, "the chart")
        wait_for(lambda: browser.evaluate(STATE)["busy"] == 0, DRAW_SECONDS, "the end of loading")
    except TimeoutError as error:
        browser.screenshot(screenshots / f"{look.name}.png")
        return {}, [f"{look.name}: {error}; console: {browser.console()}"]
    state = browser.evaluate(STATE)
    browser.screenshot(screenshots / f"{look.name}.png")
    return state, faults(look, state, browser.console(), address)


def at_the_door(browser: Browser, data_dir: Path, address: str, screenshots: Path) -> list[str]:
    """Makes a key while the server runs, and returns what is wrong with how the page asks for it."""
    made = subprocess.run(program(data_dir, "keys", "create", "browser", "--json"), check=True, capture_output=True)
    key, found = json.loads(made.stdout)["key"], []
    wait_for(lambda: is_locked(address), START_SECONDS, "the server to ask for keys")
    browser.show_as(1280, 900, "light", False)
    for language in ("en", "pt-BR"):
        browser.evaluate("sessionStorage.clear()")
        browser.open(f"{address}/?lang={language}")
        for name, given, condition in [("door", None, DOOR), ("wrong-key", "closecast_wrong", KEY_IS_WRONG), ("opened", key, CHART_IS_DRAWN)]:
            if given:
                browser.evaluate("const form = document.querySelector('form.key'); form.querySelector('input').value = "
                                 f"{json.dumps(given)}; form.requestSubmit();")
            try:
                wait_for(lambda: browser.evaluate(condition), DRAW_SECONDS, f"the page of {name}")
            except TimeoutError as error:
                found.append(f"{name} ({language}): {error}")
            browser.screenshot(screenshots / f"{name}-{language}.png")
        # What was refused is on the console, as it should be.
        found += [entry for entry in browser.console() if "401" not in entry]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True, help="data folder of a quickstart")
    parser.add_argument("--screenshots", type=Path, required=True)
    parser.add_argument("--chromedriver", required=True)
    parser.add_argument("--chromium", required=True)
    arguments = parser.parse_args()
    arguments.screenshots.mkdir(parents=True, exist_ok=True)

    found, states = [], {}
    with (server(arguments.data_dir, arguments.screenshots / "server.log") as address,
          Browser(arguments.chromedriver, arguments.chromium) as browser):
        for look in LOOKS:
            states[look.name], wrong = look_at(browser, look, address, arguments.screenshots)
            found += wrong
            print(f"{look.name}: {'wrong' if wrong else 'good'}, {arguments.screenshots / look.name}.png")
        found += at_the_door(browser, arguments.data_dir, address, arguments.screenshots)
    if states["light"] and states["light"].get("background") == states["dark"].get("background"):
        found.append(f"dark: the background is that of the light scheme, {states['dark']['background']}")
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
