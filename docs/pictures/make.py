#!/usr/bin/env python3
"""Makes the pictures of the README: python3 docs/pictures/make.py [--closecast PROGRAM]

Runs the quickstart in a temporary folder, writes its output as terminal.svg, and opens the dashboard in Chromium for
forecast.png and evaluation.png. Needs a release build, chromium and chromedriver (Debian: chromium, chromium-driver).
Run it after a change of the pages or of the output of `quickstart`, and look at the pictures.
"""

import argparse
import base64
import html
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PICTURES = Path(__file__).resolve().parent
ROOT = PICTURES.parent.parent
sys.path.insert(0, str(ROOT / ".ci"))

from browser import CHART_IS_DRAWN, STATE, answers, free_port  # noqa: E402
from webdriver import Browser, wait_for  # noqa: E402

# Columns and lines of the terminal, and pixels of a character cell.
COLUMNS, CELL_WIDTH, LINE_HEIGHT, MARGIN = 110, 7.83, 17, 14
WAIT_SECONDS = 60
# File, colour scheme and half of the page.
HALVES = [("forecast", "light", "upper"), ("evaluation", "dark", "lower")]
# Where the chart's card ends, and where the footer begins, from the top of the page.
EDGES = """
    const card = document.querySelector('#chart').closest('section, article, .card');
    const footer = document.querySelector('footer');
    return [card.getBoundingClientRect().bottom + 10, footer.getBoundingClientRect().top].map(Math.round);
"""


def terminal(closecast: Path, folder: Path) -> None:
    """Runs the quickstart and draws what it prints."""
    command = ["quickstart", "--no-serve"]
    done = subprocess.run([closecast, "--data-dir", folder / "data", *command], check=True, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines = [f"$ closecast {' '.join(command)}", *done.stdout.rstrip().splitlines()]
    lines = [part for line in lines for part in wrapped(line)]
    width, height = round(COLUMNS * CELL_WIDTH + 2 * MARGIN), len(lines) * LINE_HEIGHT + 2 * MARGIN
    text = "\n".join(
        f'<text x="{MARGIN}" y="{MARGIN + 13 + index * LINE_HEIGHT}">{html.escape(line)}</text>'
        for index, line in enumerate(lines) if line.strip()
    )
    (PICTURES / "terminal.svg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">\n'
        f'<title>{html.escape(lines[0].removeprefix("$ "))}</title>\n'
        '<style>text { font: 13px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #d8dee4; white-space: pre }</style>\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="#16191d"/>\n{text}\n</svg>\n'
    )


def wrapped(line: str) -> list[str]:
    """Breaks a line at spaces where the terminal ends; tables and charts fit."""
    parts = []
    while len(line) > COLUMNS:
        end = line.rfind(" ", 0, COLUMNS)
        parts.append(line[:end])
        line = line[end + 1:]
    return [*parts, line]


def dashboard(closecast: Path, folder: Path) -> None:
    """Serves the quickstart's data and takes a screenshot of each half of the page, in the two colour schemes."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [closecast, "--data-dir", folder / "data", "serve", "--port", str(port)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(address, process), WAIT_SECONDS, "the server")
        with Browser(shutil.which("chromedriver"), shutil.which("chromium")) as browser:
            for name, scheme, part in HALVES:
                browser.show_as(1200, 800, scheme, False)
                browser.open(f"{address}/?lang=en&symbol=AAPL")
                wait_for(lambda: browser.evaluate(CHART_IS_DRAWN), WAIT_SECONDS, "the chart")
                wait_for(lambda: browser.evaluate(STATE)["busy"] == 0, WAIT_SECONDS, "the end of loading")
                top, bottom = (browser.evaluate(EDGES) if part == "lower" else [0, browser.evaluate(EDGES)[0]])
                clip = {"x": 0, "y": top, "width": 1200, "height": bottom - top, "scale": 1}
                image = browser.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
                (PICTURES / f"{name}.png").write_bytes(base64.b64decode(image["data"]))
    finally:
        process.terminate()
        process.wait(timeout=40)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--closecast", type=Path, default=ROOT / "target/release/closecast")
    closecast = parser.parse_args().closecast.resolve()
    with tempfile.TemporaryDirectory(prefix="closecast-pictures-") as folder:
        terminal(closecast, Path(folder))
        dashboard(closecast, Path(folder))


if __name__ == "__main__":
    main()
