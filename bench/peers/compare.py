#!/usr/bin/env python3
"""Times closecast and PyTorch in turn on the same shapes and prints the ratios.

    python compare.py --closecast target/release/closecast [--rounds 3] [--only S,M] [--limit avx2] [--peer SCRIPT]

Needs PyTorch in the Python that runs it. Every round times each engine once, so that both meet the same moods of the
machine; the figure is the median over the rounds. `share` is the engine's useful work over the speed of a large matrix
product of PyTorch (sgemm) in the same run. With `--limit avx2` both sides leave AVX-512 alone.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
# name, mode, flags, steps of a round, flags of closecast alone
SHAPES = [
    ("S", "train", "--layers 2 --hidden 50 --features 16 --batch 32", 150, ""),
    ("M", "train", "--layers 3 --hidden 64 --bidirectional --batch 32", 60, ""),
    ("T2", "train", "--layers 3 --hidden 64 --bidirectional --layer-norm --residual --attention --dropout 0.3 --batch 32", 40, ""),
    ("L", "train", "--layers 2 --hidden 128 --batch 256", 12, ""),
    ("XL", "train", "--layers 2 --hidden 256 --batch 256", 6, ""),
    ("S one", "infer", "--layers 2 --hidden 50 --batch 1", 1000, ""),
    ("T2 one", "infer", "--layers 3 --hidden 64 --bidirectional --layer-norm --residual --attention --batch 1", 200, ""),
    # Windows of days that follow each other, as in a backtest, have their inputs multiplied once for all of them, which PyTorch's
    # script does not do; scattered ones have not.
    ("S 512", "infer", "--layers 2 --hidden 50 --batch 512", 40, ""),
    ("S apart", "infer", "--layers 2 --hidden 50 --batch 512", 40, "--scattered"),
]


def run(command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout)


class Engines:
    def __init__(self, a):
        self.a = a
        self.environment = dict(os.environ)
        if a.limit == "avx2":
            self.environment |= {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}

    def ours(self, mode, flags, steps):
        command = [self.a.closecast, "bench", mode, *flags, "--steps", str(steps), "--threads", str(self.a.threads), "--json"]
        limit = ["--instruction-set", self.a.limit] if self.a.limit else []
        return run(command + limit, self.environment)

    def peer(self, mode, flags, steps, threads):
        command = [sys.executable, str(self.a.peer), *flags, "--steps", str(steps), "--threads", str(threads)]
        return run(command + (["--infer"] if mode == "infer" else []), self.environment)

    def sgemm(self):
        return run([sys.executable, str(HERE / "torch_lstm.py"), "--sgemm", "--threads", str(self.a.threads)], self.environment)


def compare(engines, name, mode, flags, steps, own_flags, rounds):
    ours, theirs, gflops = [], [], []
    for _ in range(rounds):
        mine = engines.ours(mode, flags + own_flags, steps)
        ours.append(mine["ms_per_step"])
        gflops.append(mine["gflops"])
        # For a single forecast PyTorch is often faster on one thread: it gets the better of both.
        threads = {engines.a.threads, 1} if name.endswith("one") else {engines.a.threads}
        theirs.append(min(engines.peer(mode, flags, steps, count)["ms_per_step"] for count in threads))
    return {"shape": name, "mode": mode, "ours_ms": statistics.median(ours), "torch_ms": statistics.median(theirs),
            "ratio": statistics.median(theirs) / statistics.median(ours), "gflops": statistics.median(gflops)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--closecast", default="target/release/closecast")
    parser.add_argument("--peer", default=HERE / "torch_lstm.py", help="another script with the same options")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="", help="names of shapes, separated by commas")
    parser.add_argument("--limit", choices=["avx2"], help="instruction set for both sides")
    parser.add_argument("--json", action="store_true")
    a = parser.parse_args()
    engines = Engines(a)
    wanted = [name.strip() for name in a.only.split(",") if name.strip()]
    unknown = set(wanted) - {shape[0] for shape in SHAPES}
    if unknown:
        sys.exit(f"no such shape: {', '.join(sorted(unknown))}; there are {', '.join(shape[0] for shape in SHAPES)}")
    foreign = pathlib.Path(a.peer).resolve() != (HERE / "torch_lstm.py").resolve()
    results, peaks = [], [engines.sgemm()["gflops"]]
    if not a.json:
        print(f"{'shape':8}{'mode':7}{'closecast ms':>14}{'PyTorch ms':>12}{'ratio':>8}{'GFLOP/s':>10}")
    for name, mode, flags, steps, own_flags in SHAPES:
        if wanted and name not in wanted:
            continue
        if foreign and "--attention" in flags:
            print(f"{name} is left out: it needs options that {a.peer} may not have", file=sys.stderr)
            continue
        result = compare(engines, name, mode, flags.split(), steps, own_flags.split(), a.rounds)
        peaks.append(engines.sgemm()["gflops"])
        results.append(result)
        if not a.json:
            print(f"{name:8}{mode:7}{result['ours_ms']:14.3f}{result['torch_ms']:12.3f}{result['ratio']:8.2f}{result['gflops']:10.1f}", flush=True)
    peak = statistics.median(peaks)
    for result in results:
        result["share_of_sgemm"] = result["gflops"] / peak
    if a.json:
        print(json.dumps({"sgemm_gflops": peak, "threads": a.threads, "limit": a.limit, "results": results}))
        return
    shares = ", ".join(f"{r['shape']} {r['share_of_sgemm']:.0%}" for r in results)
    print(f"\nsgemm {peak:.0f} GFLOP/s on {a.threads} threads; useful work over it: {shares}")


if __name__ == "__main__":
    main()
