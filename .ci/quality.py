#!/usr/bin/env python3
"""Holds BASE to what docs/MODEL.md says of it, on a year of real prices.

    quality.py CLOSECAST PRICES

PRICES is a folder with universe_2012_2017 and universe_2020_2023: daily CSV files, one symbol each. The year is 2023, the model is trained
on what lies before it. Exits with 1 and one line for each figure that is out of its bounds.
"""
import json
import pathlib
import subprocess
import sys
import tempfile


def main():
    program, prices = sys.argv[1], pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as scratch:
        command = [
            program, "backtest", "--data", prices / "universe_2020_2023", "--also-train", prices / "universe_2012_2017",
            "--from", "2023-01-03", "--refit-every", "252", "--models", "naive,ewma-t,garch-t,base", "--data-dir", scratch, "--json",
        ]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"the backtest failed: {done.stderr[-2000:]}")
    base = next(score for score in json.loads(done.stdout)["scores"] if score["model"] == "base")
    symbols = [symbol["coverage_90"] for symbol in base["symbols"]]
    figures = {
        "CRPS / EWMA-t": (base["relative_crps"]["ewma-t"], 0.0, 0.992),
        "CRPS / GARCH-t": (base["relative_crps"]["garch-t"], 0.0, 1.0),
        "MAE / naive": (base["relative_mae"], 0.0, 1.001),
        "symbols better than EWMA-t": (base["share_better"]["ewma-t"], 0.85, 1.0),
        "coverage of the 90 % interval": (base["coverage_90"], 0.88, 0.92),
        "symbols with a coverage of 86 % or more": (sum(share >= 0.86 for share in symbols) / len(symbols), 0.95, 1.0),
    }
    wrong = 0
    for name, (value, low, high) in figures.items():
        fits = low <= value <= high
        wrong += not fits
        print(f"{name:<42}{value:8.4f}  {'ok' if fits else f'is not from {low} to {high}'}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
