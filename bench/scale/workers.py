#!/usr/bin/env python3
"""Times the same trainings with one worker and with several, each of one thread, and prints how many times faster several are.

    python workers.py --closecast target/release/closecast [--workers 2] [--rounds 3] [--jobs 24] [--database-url postgres://…]

Needs nothing but Python. Every round queues the jobs through the API of a server that does not work itself, with one worker
waiting and then with several, so that both meet the same moods of the machine; the figure is the median over the rounds. The
time is from the first job's beginning to the last one's end. The database is SQLite in a temporary folder, unless an address is
given; the artifacts are there too, unless CLOSECAST_ARTIFACTS_URL names another place. A machine with fewer free cores than
workers shows the machine's limit and not the program's: look at the load before and after.
"""
import argparse
import contextlib
import datetime
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

TRAINING = {"lookback": 60, "hidden_size": 50, "learning_rate": 1e-4}
SYMBOLS = 4
DAYS = 1000


def write_prices(path, seed):
    generator, close, day, written = random.Random(seed), 100.0, datetime.date(2018, 1, 1), 0
    with open(path, "w") as file:
        file.write("Date,Open,High,Low,Close,Adj Close,Volume\n")
        while written < DAYS:
            day += datetime.timedelta(days=1)
            if day.weekday() > 4:
                continue
            start, close = close, close * math.exp(generator.gauss(0, 0.015))
            high, low = max(start, close) * 1.004, min(start, close) / 1.004
            file.write(f"{day},{start:.6f},{high:.6f},{low:.6f},{close:.6f},{close:.6f},{generator.randrange(10**6, 2 * 10**6)}\n")
            written += 1


class Fleet:
    """One database, a server, and workers that come and go."""

    def __init__(self, a, folder):
        self.a, self.folder, self.count = a, folder, 0
        self.environment = dict(os.environ)
        if a.database_url:
            self.environment["DATABASE_URL"] = a.database_url
        self.address = None

    def command(self, *arguments):
        # Flags of the program stand before its command.
        return [str(pathlib.Path(self.a.closecast).resolve()), "--data-dir", str(self.folder), "--threads", "1", *arguments]

    def run(self, *arguments):
        done = subprocess.run(self.command(*arguments), env=self.environment, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"closecast {' '.join(arguments)} failed:\n{done.stderr}")

    @contextlib.contextmanager
    def running(self, *arguments):
        """Runs a program until the block ends, and gives the line that says it is ready."""
        with open(self.folder / "log.txt", "a") as log:
            process = subprocess.Popen(self.command(*arguments), env=self.environment, cwd=self.folder, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            line = process.stdout.readline()
            if not line:
                sys.exit(f"closecast {' '.join(arguments)} did not start:\n{(self.folder / 'log.txt').read_text()[-2000:]}")
            yield line
        finally:
            process.terminate()
            process.communicate()

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data=data, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def queue(self):
        """Queues the trainings under names of their own: none is compared with one in service, which would be a job more."""
        self.count += 1
        # Numbers of another run on the same database would be other versions of the same names.
        name = f"bench-{os.getpid()}-{self.count}"
        asked = [TRAINING | {"symbol": f"BENCH{n % SYMBOLS}", "model_name": f"{name}-{n}", "epochs": self.a.epochs, "seed": n} for n in range(self.a.jobs)]
        return [self.ask("/train", training)["job_id"] for training in asked]

    def seconds(self, workers):
        with contextlib.ExitStack() as stack:
            for _ in range(workers):
                stack.enter_context(self.running("worker"))
            jobs = self.queue()
            while True:
                time.sleep(0.5)
                states = [self.ask(f"/api/jobs/{job}") for job in jobs]
                wrong = [state for state in states if state["status"] in ("failed", "cancelled") or state["attempt"] > 1]
                if wrong:
                    sys.exit(f"a job did not succeed at once: {wrong[0]}")
                if all(state["status"] == "succeeded" for state in states):
                    break
        moment = lambda text: datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
        return max(moment(state["ended_at"]) for state in states) - min(moment(state["started_at"]) for state in states)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--closecast", default="target/release/closecast")
    parser.add_argument("--workers", type=int, default=2, help="how many are compared with one")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--database-url", help="such as postgres://user@host/database; else SQLite")
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()
    times = {1: [], a.workers: []}
    load = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as folder:
        fleet = Fleet(a, pathlib.Path(folder))
        for number in range(SYMBOLS):
            path = fleet.folder / "prices.csv"
            write_prices(path, number)
            fleet.run("import", str(path), "--symbol", f"BENCH{number}", "--replace")
        with fleet.running("serve", "--no-worker", "--port", "0") as line:
            fleet.address = "http://" + line.split("http://")[1].split("/")[0]
            for _ in range(a.rounds):
                for workers in times:
                    times[workers].append(fleet.seconds(workers))
                    if not a.json:
                        print(f"{workers} worker(s): {times[workers][-1]:7.2f} s for {a.jobs} trainings", flush=True)
    load.append(os.getloadavg()[0])
    one, several = (statistics.median(times[workers]) for workers in (1, a.workers))
    ratios = [first / second for first, second in zip(times[1], times[a.workers])]
    if a.json:
        print(json.dumps({"jobs": a.jobs, "workers": a.workers, "seconds": {str(k): v for k, v in times.items()}, "ratio": one / several, "load": load, "cores": os.cpu_count()}))
        return
    print(f"\nmedians: 1 worker {one:.2f} s, {a.workers} workers {several:.2f} s: {one / several:.2f} times as fast")
    print(f"by round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}; {os.cpu_count()} cores, load before {load[0]:.1f}, after {load[1]:.1f}")


if __name__ == "__main__":
    main()
