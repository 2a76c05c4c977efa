#!/usr/bin/env python3
"""Runs the README's first command as a stranger would: no network, nothing stored before, a minute of patience.

Fails unless `quickstart --no-serve --json` ends in time and prints one JSON object that makes sense. The data folder is
left behind filled, for the check of the pages.
"""

import argparse
import datetime
import json
import math
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMAND = ["cargo", "run", "--release", "--", "quickstart", "--no-serve", "--json"]
LIMIT_SECONDS = 60
FIGURES = ["mae", "rmse", "mape", "r2", "directional_accuracy", "rel_mae_naive", "dm_p_value"]


def without_network() -> list[str]:
    """Returns the prefix that runs a command in a network namespace of its own, which has no way out."""
    for prefix in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if shutil.which("unshare") and subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL).returncode == 0:
            return prefix
    print("unshare does not work here: THE NETWORK IS NOT CUT, only hidden behind proxies that do not answer")
    return []


def run(data_dir: Path) -> tuple[str, float]:
    """Returns standard output and the seconds it took."""
    dead = "http://127.0.0.1:9"
    environment = os.environ | {
        "CLOSECAST_DATA_DIR": str(data_dir),
        "CARGO_NET_OFFLINE": "true",
        "HTTP_PROXY": dead, "HTTPS_PROXY": dead, "ALL_PROXY": dead,
        "http_proxy": dead, "https_proxy": dead, "all_proxy": dead,
    }
    start = time.monotonic()
    done = subprocess.run([*without_network(), *COMMAND], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, timeout=10 * LIMIT_SECONDS, check=True, text=True)
    return done.stdout, time.monotonic() - start


def at(report: dict, path: str) -> object:
    """Returns what stands at a dotted path."""
    value: object = report
    for key in path.split("."):
        if not isinstance(value, dict) or key not in value:
            raise ValueError(f"{path} is missing")
        value = value[key]
    return value


def number(report: dict, path: str) -> float:
    """Returns the finite number at a dotted path."""
    value = at(report, path)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{path} is {value!r}, not a finite number")
    return float(value)


def expect(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


def check(report: dict) -> None:
    """Raises ValueError when the report lacks something or contradicts itself."""
    expect(isinstance(at(report, "symbol"), str) and at(report, "symbol") != "", "symbol is empty")
    as_of = datetime.date.fromisoformat(str(at(report, "as_of")))
    target = datetime.date.fromisoformat(str(at(report, "target_date")))
    expect(as_of < target <= as_of + datetime.timedelta(days=7), f"target_date {target} does not follow as_of {as_of}")
    expect(target.weekday() < 5, f"target_date {target} is at a weekend")

    last, predicted = number(report, "last_close"), number(report, "predicted_close")
    lower, upper = number(report, "interval.lower"), number(report, "interval.upper")
    expect(0 < lower < upper, f"the interval is {lower} to {upper}")
    expect(lower <= predicted <= upper, f"predicted_close {predicted} lies outside its interval {lower} to {upper}")
    expect(abs(predicted / last - 1) < 0.2, f"predicted_close {predicted} is far from last_close {last}")
    expect(0.5 < number(report, "interval.level") < 1, "interval.level is not in (0.5, 1)")

    for part in ["train", "validation", "test"]:
        figures = at(report, f"metrics.{part}")
        for figure in FIGURES:
            expect(isinstance(figures, dict) and figure in figures, f"metrics.{part}.{figure} is missing")
        mae, rmse = number(report, f"metrics.{part}.mae"), number(report, f"metrics.{part}.rmse")
        expect(0 < mae <= rmse, f"metrics.{part}: MAE {mae} and RMSE {rmse} do not go together")
    p_value = number(report, "metrics.test.dm_p_value")
    expect(0 <= p_value <= 1, f"metrics.test.dm_p_value is {p_value}")
    naive = number(report, "naive.test.mae")
    ratio = number(report, "metrics.test.rel_mae_naive")
    expect(math.isclose(ratio, number(report, "metrics.test.mae") / naive, rel_tol=1e-6),
           f"metrics.test.rel_mae_naive {ratio} is not the MAE over naive's {naive}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True, help="empty or missing folder")
    arguments = parser.parse_args()
    try:
        output, seconds = run(arguments.data_dir.resolve())
        print(output)
        report = json.loads(output)
        expect(isinstance(report, dict), "standard output is not one JSON object")
        check(report)
        expect(seconds < LIMIT_SECONDS, f"took {seconds:.1f} s, more than {LIMIT_SECONDS} s")
    except (ValueError, subprocess.SubprocessError) as error:
        print(f"{' '.join(COMMAND)}: {error}", file=sys.stderr)
        return 1
    print(f"{' '.join(COMMAND)}: {seconds:.1f} s, offline, and the report makes sense")
    return 0


if __name__ == "__main__":
    sys.exit(main())
