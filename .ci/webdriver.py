"""A browser under remote control: the few commands of W3C WebDriver that the check of the pages needs, over urllib."""

import base64
import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path


class WebDriverError(Exception):
    """The driver or the page refused a command."""


def wait_for(condition, seconds: float, what: str):
    """Returns the first true value of `condition()`, or raises TimeoutError that names what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.1)


class Browser:
    """A headless Chromium behind its own chromedriver. Use it as a context manager."""

    def __init__(self, chromedriver: str, chromium: str):
        self._profile = tempfile.TemporaryDirectory(prefix="closecast-browser-", ignore_cleanup_errors=True)
        self._driver = subprocess.Popen([chromedriver, "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self._address = f"http://127.0.0.1:{self._port()}"
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                     "--disable-background-networking", "--force-color-profile=srgb", "--hide-scrollbars",
                     f"--user-data-dir={self._profile.name}"]
        options = {
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": chromium, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        value = self._send("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        self._session = f"/session/{value['sessionId']}"

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_exception) -> None:
        try:
            self._send("DELETE", self._session)
        finally:
            self._driver.terminate()
            self._driver.wait(timeout=20)
            self._profile.cleanup()

    def _port(self) -> int:
        for line in self._driver.stdout:
            if "started successfully on port" in line:
                return int(line.rstrip(". \n").rsplit(" ", 1)[1])
        raise WebDriverError(f"chromedriver ended with {self._driver.wait()} before it listened")

    def _send(self, method: str, path: str, body: dict | None = None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data, {"Content-Type": "application/json"}, method=method)
        # The driver is on this machine, whatever proxy the environment names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise WebDriverError(json.load(error)["value"]["message"]) from None

    def devtools(self, command: str, **parameters):
        """Runs one command of the Chrome DevTools Protocol."""
        return self._send("POST", f"{self._session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def open(self, url: str) -> None:
        """Loads a page and waits for its load event."""
        self._send("POST", f"{self._session}/url", {"url": url})

    def evaluate(self, script: str):
        """Returns what the body of a JavaScript function returns."""
        return self._send("POST", f"{self._session}/execute/sync", {"script": script, "args": []})

    def console(self) -> list[str]:
        """Returns the errors and warnings on the console since the last call: `LEVEL text`."""
        entries = self._send("POST", f"{self._session}/se/log", {"type": "browser"})
        return [f"{entry['level']} {entry['message']}" for entry in entries if entry["level"] in {"SEVERE", "WARNING"}]

    def show_as(self, width: int, height: int, scheme: str, mobile: bool) -> None:
        """Sets the size of the window and the colour scheme that the reader prefers."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def screenshot(self, path: Path) -> None:
        """Writes the whole page, not only what is in the window, as PNG."""
        image = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(image["data"]))
