#!/usr/bin/env python3
"""Keeps a server busy with everything at once for a long time, and says whether it gave an error or grew.

    python soak.py --closecast target/release/closecast [--minutes 30] [--clients 20] [--memory 512M]

Forecasts kept and made anew, windows of prices, batches small and large, uploads that change the prices of a symbol, WebSocket clients who hear of
all that, and a training always running. Needs `websockets` from PyPI. Any status but 2xx, 304 and 429 is an error; so is a
WebSocket that is closed. Memory is looked at every five seconds: it must not have grown by more than 5 % from the end of the first third to the
end, both as the median of a tenth of the time (one minute at least), since a training comes and goes. With --memory the server runs in a
cgroup of that size, and must not be killed in it (root). Exit code 1 when something is wrong.
"""
import argparse
import asyncio
import collections
import datetime
import http.client
import json
import math
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "hardening"))
import isolation  # noqa: E402

PORT = 8961
SYMBOLS = ["AAPL", "MSFT", "IBM", "KO", "XOM", "JPM"]
MOST_GROWTH = 0.05


def prices(symbol, days):
    """Returns a price table of so many sessions, the same first ones each time."""
    generator, close, day, rows = random.Random(symbol), 100.0, datetime.date(2019, 1, 1), []
    while len(rows) < days:
        day += datetime.timedelta(days=1)
        if day.weekday() > 4:
            continue
        start, close = close, close * math.exp(generator.gauss(0, 0.015))
        high, low = max(start, close) * 1.004, min(start, close) / 1.004
        rows.append(f"{day},{start:.6f},{high:.6f},{low:.6f},{close:.6f},{close:.6f},{generator.randrange(10**6, 2 * 10**6)}")
    return "Date,Open,High,Low,Close,Adj Close,Volume\n" + "\n".join(rows) + "\n"


class Load:
    def __init__(self, minutes):
        self.until = time.time() + 60 * minutes
        self.counts, self.errors, self.lock = collections.Counter(), [], threading.Lock()
        self.slowest = collections.defaultdict(float)

    def goes_on(self):
        return time.time() < self.until

    def count(self, kind, status, seconds=0.0, text=b""):
        with self.lock:
            self.counts[f"{kind} {status}"] += 1
            self.slowest[kind] = max(self.slowest[kind], seconds)
            good = isinstance(status, int) and (200 <= status < 300 or status in (304, 429))
            if not good and len(self.errors) < 50:
                self.errors.append(f"{kind}: {status} {text[:300]!r}")

    def ask(self, kind, connection, method, path, body=None, headers=None):
        begun = time.perf_counter()
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            # A connection that lay idle may be closed by the server at any time: that is HTTP, and no error.
            if not isinstance(error, (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
                self.count(kind, type(error).__name__)
            return None
        self.count(kind, answer.status, time.perf_counter() - begun, text)
        return json.loads(text) if answer.status < 300 and text.startswith(b"{") else None


def forever(load, pause, work):
    def run():
        connection, generator = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60), random.Random(threading.get_ident())
        while load.goes_on():
            work(connection, generator)
            time.sleep(pause)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def workers(load):
    as_json = {"Content-Type": "application/json"}
    some = lambda generator: generator.choice(SYMBOLS)
    sessions = collections.Counter({symbol: 1000 for symbol in SYMBOLS})

    def window(connection, generator):
        close, values = 100.0, []
        for _ in range(120):
            close *= math.exp(generator.gauss(0, 0.01))
            values.append(round(close, 4))
        load.ask("window", connection, "POST", "/predict", json.dumps({"values": values}), as_json)

    def upload(connection, generator):
        symbol = some(generator)
        sessions[symbol] = min(sessions[symbol] + 1, 1900)
        load.ask("upload", connection, "POST", f"/api/stocks/{symbol}/upload", prices(symbol, sessions[symbol]), {"Content-Type": "text/csv"})

    def training(connection, generator):
        body = {"symbol": some(generator), "epochs": 3, "hidden_size": 16, "lookback": 30, "seed": generator.randrange(10**6)}
        accepted = load.ask("train", connection, "POST", "/train", json.dumps(body), as_json)
        while accepted and load.goes_on():
            job = load.ask("job", connection, "GET", accepted["url"])
            if job and job["status"] in ("succeeded", "failed", "cancelled"):
                if job["status"] != "succeeded":
                    load.count("training", job["status"], 0, str(job["error"]).encode())
                return
            time.sleep(0.5)

    return [
        *[forever(load, 0.001, lambda c, g: load.ask("forecast", c, "GET", f"/api/predictions/{some(g)}")) for _ in range(2)],
        forever(load, 0.005, lambda c, g: load.ask("forecast anew", c, "GET", f"/api/predictions/{some(g)}", None, {"Cache-Control": "no-cache"})),
        forever(load, 0.02, window),
        forever(load, 0.1, lambda c, g: load.ask("batch", c, "POST", "/api/predictions/batch", json.dumps({"symbols": SYMBOLS}), as_json)),
        forever(load, 1.0, lambda c, g: load.ask("large batch", c, "POST", "/api/predictions/batch", json.dumps({"symbols": (SYMBOLS * 84)[:500]}), as_json)),
        forever(load, 0.2, lambda c, g: load.ask("history", c, "GET", f"/api/predictions/history?symbol={some(g)}&limit=100")),
        forever(load, 0.5, lambda c, g: load.ask("stock", c, "GET", f"/api/stocks/{some(g)}?days=250")),
        forever(load, 1.0, lambda c, g: load.ask("metrics", c, "GET", "/metrics")),
        forever(load, 2.0, upload),
        forever(load, 0.1, training),
    ]


async def listener(load):
    import websockets

    while load.goes_on():
        try:
            async with websockets.connect(f"ws://127.0.0.1:{PORT}/ws") as socket:
                await socket.send(json.dumps({"type": "subscribe", "topics": ["forecasts", "jobs", "bars"]}))
                while load.goes_on():
                    try:
                        message = json.loads(await asyncio.wait_for(socket.recv(), 5))
                        load.count("event", 200) if message["type"] == "event" else None
                    except asyncio.TimeoutError:
                        pass
        except (OSError, websockets.WebSocketException) as error:
            load.count("websocket", f"{type(error).__name__} {error}")
            await asyncio.sleep(1)


async def listeners(load, clients):
    await asyncio.gather(*[listener(load) for _ in range(clients)])


def resident_mb(pid):
    """Returns the resident memory of a process, 0 when it has ended."""
    found = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--closecast", required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--memory", default="none", help="limit of a cgroup for the server, such as 512M [none]")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        program = str(pathlib.Path(a.closecast).resolve())
        for symbol in SYMBOLS:
            (pathlib.Path(folder) / f"{symbol}.csv").write_text(prices(symbol, 1000))
            subprocess.run([program, "import", f"{symbol}.csv"], cwd=folder, check=True, capture_output=True)
        errors = (pathlib.Path(folder) / "errors.log").open("w+")
        cgroup = isolation.Cgroup(isolation.bytes_of(a.memory))
        if cgroup.missing:
            print(f"note: {cgroup.missing}", file=sys.stderr)
        words = [program, "serve", "--port", str(PORT)]
        server = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=errors, preexec_fn=cgroup.enter)
        try:
            sys.exit(soak(a, server, errors, cgroup))
        finally:
            server.terminate()
            server.wait(60)
            cgroup.close()


def middle(memory, place):
    """Returns the median of a tenth of the time, one minute at least, that ends at `place`."""
    length = max(12, len(memory) // 10)
    return statistics.median(memory[max(0, place - length) : place] or memory)


def soak(a, server, errors, cgroup):
    time.sleep(2)
    load = Load(a.minutes)
    threads = workers(load)
    threading.Thread(target=lambda: asyncio.run(listeners(load, a.clients)), daemon=True).start()
    memory, begun = [], time.time()
    while load.goes_on() and server.poll() is None:
        memory.append(resident_mb(server.pid))
        if sys.stderr.isatty() or len(memory) % 24 == 1:
            print(f"{(time.time() - begun) / 60:5.1f} min  {memory[-1]:6.1f} MB  {sum(load.counts.values()):>9} answers  {len(load.errors)} errors", file=sys.stderr)
        time.sleep(5)
    for thread in threads:
        thread.join(70)
    errors.seek(0)
    told = [line for line in errors if "ERROR" in line]
    third, last = middle(memory, len(memory) // 3), middle(memory, len(memory))
    flat, group = last - third <= MOST_GROWTH * third, cgroup.figures()
    print(json.dumps({
        "minutes": a.minutes, "answers": dict(sorted(load.counts.items())), "slowest_s": {key: round(value, 3) for key, value in load.slowest.items()},
        "errors": load.errors, "logged_errors": told[:20], "alive": server.poll() is None,
        "memory_mb": {"first": memory[0], "after_a_third": third, "last": last, "most": max(memory), "growth": round(last / third - 1, 4)},
        "memory_is_flat": flat, "cgroup": group,
    }, indent=2))
    return 0 if not load.errors and not told and flat and server.poll() is None and not group.get("oom_kills") else 1


if __name__ == "__main__":
    main()
