#!/usr/bin/env python3
"""Asks closecast and another service for the same forecasts, in turn on the same machine, and prints how they compare.

    python compare.py --closecast target/release/closecast --prices AAPL.csv --peer-python .venv/bin/python --peer serve_fastapi.py

The peer is an ASGI module whose `app` answers GET /api/predictions/AAPL from the closes of the CSV file named by PEER_CSV, anew
at each request, or from memory with PEER_CACHE=1; it runs under uvicorn with one worker. Needs `wrk` (Debian's package) and, in the
peer's Python, uvicorn and what the peer imports. Each round asks both services, cached and uncached, for the same time over
the same number of connections; the figures are medians over the rounds. `latency` asks both for the same number of requests
a second, far under what the slower one can do. wrk runs on the same processors as the service it asks.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

PATH = "/api/predictions/AAPL"
UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def wrk(url, seconds, connections, headers=(), script=None):
    """Returns requests a second, and the latency's median and 99th percentile in milliseconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *[f"-H{header}" for header in headers]]
    if script:
        command += ["-s", script]
    text = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
    if (bad := re.search(r"Non-2xx.*|Socket errors.*", text)) and "timeout 0" not in bad[0]:
        sys.exit(f"{url}: {bad[0]}")
    percentile = lambda name: (lambda found: float(found[1]) * UNITS[found[2]])(re.search(rf"{name}%\s+([\d.]+)(us|ms|s|m)\n", text))
    return {"rps": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), "p50_ms": percentile("50"), "p99_ms": percentile("99")}


def resident_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


@contextlib.contextmanager
def service(command, url, environment=None, cwd=None):
    """Runs a service, and gives its process and the seconds until its first forecast."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with urllib.request.urlopen(url, timeout=30) as answer:
                    answer.read()
                break
            except OSError:
                if process.poll() is not None or time.perf_counter() - begun > 120:
                    sys.exit(f"{command[0]} does not answer")
                time.sleep(0.002)
        yield process, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait(30)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--closecast", required=True)
    parser.add_argument("--prices", required=True, help="CSV file of AAPL's daily prices")
    parser.add_argument("--peer", required=True, help="Python file of the peer")
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=int, default=300, help="requests a second at which latencies are compared")
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(compare(a, pathlib.Path(folder)), indent=2) if a.json else shown(compare(a, pathlib.Path(folder))))


def compare(a, folder):
    program = str(pathlib.Path(a.closecast).resolve())
    prices, peer = pathlib.Path(a.prices).resolve(), pathlib.Path(a.peer).resolve()
    run = lambda *arguments: subprocess.run([program, *arguments], cwd=folder, check=True, capture_output=True)
    run("import", str(prices), "--symbol", "AAPL")
    # The same network as the peer's: two layers of 50, 60 sessions back.
    run("train", "AAPL", "--epochs", "2", "--lookback", "60", "--hidden-size", "50", "--layers", "2")
    pace = folder / "pace.lua"
    pace.write_text(f"function delay() return {round(1000 * a.connections / a.rate)} end\n")
    ours, theirs = "http://127.0.0.1:8951" + PATH, "http://127.0.0.1:8952" + PATH
    uvicorn = [a.peer_python, "-m", "uvicorn", f"{peer.stem}:app", "--port", "8952", "--workers", "1", "--log-level", "warning"]
    anew = ["Cache-Control: no-cache"]
    found = {name: [] for name in ("uncached", "uncached_peer", "cached", "cached_peer", "latency", "latency_peer", "start", "start_peer", "memory_mb", "memory_mb_peer")}
    for _ in range(a.rounds):
        with service([program, "serve", "--port", "8951"], ours, cwd=folder) as (process, start):
            found["uncached"].append(wrk(ours, a.seconds, a.connections, anew))
            found["cached"].append(wrk(ours, a.seconds, a.connections))
            found["latency"].append(wrk(ours, a.seconds, a.connections, anew, str(pace)))
            found["start"].append(start)
            found["memory_mb"].append(resident_mb(process.pid))
        with service(uvicorn, theirs, {"PEER_CSV": str(prices)}, peer.parent) as (process, start):
            found["uncached_peer"].append(wrk(theirs, a.seconds, a.connections))
            found["latency_peer"].append(wrk(theirs, a.seconds, a.connections, (), str(pace)))
            found["start_peer"].append(start)
            found["memory_mb_peer"].append(resident_mb(process.pid))
        with service(uvicorn, theirs, {"PEER_CSV": str(prices), "PEER_CACHE": "1"}, peer.parent):
            found["cached_peer"].append(wrk(theirs, a.seconds, a.connections))
    return summary(found)


def summary(found):
    middle = lambda rows: {key: statistics.median(row[key] for row in rows) for key in rows[0]} if isinstance(rows[0], dict) else statistics.median(rows)
    result = {name: middle(rows) for name, rows in found.items()}
    for name in ("uncached", "cached"):
        # Of neighbours in time: both met the same mood of the machine.
        result[f"{name}_ratio"] = statistics.median(x["rps"] / y["rps"] for x, y in zip(found[name], found[f"{name}_peer"]))
    return result


def shown(result):
    rows = [f"{'':<28}{'closecast':>12}{'peer':>12}{'ratio':>8}"]
    for name in ("uncached", "cached"):
        ours, theirs = result[name], result[f"{name}_peer"]
        rows.append(f"{name + ', requests a second':<28}{ours['rps']:>12.0f}{theirs['rps']:>12.0f}{result[name + '_ratio']:>8.1f}")
        rows.append(f"{name + ', p99 ms':<28}{ours['p99_ms']:>12.2f}{theirs['p99_ms']:>12.2f}")
    ours, theirs = result["latency"], result["latency_peer"]
    rows.append(f"{'at %.0f and %.0f a second:' % (ours['rps'], theirs['rps'])}")
    rows += [f"{'  ' + key:<28}{ours[key]:>12.2f}{theirs[key]:>12.2f}" for key in ("p50_ms", "p99_ms")]
    rows.append(f"{'start to first answer, s':<28}{result['start']:>12.3f}{result['start_peer']:>12.3f}")
    rows.append(f"{'resident memory, MB':<28}{result['memory_mb']:>12.0f}{result['memory_mb_peer']:>12.0f}")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
