#!/usr/bin/env python3
"""Attacks a server of closecast in many ways, and says whether a polite caller noticed.

    python bench/hardening/attack.py --closecast target/release/closecast [--seconds 60] [--only openapi-h2,log-flood] [--json FILE]

For each attack a server starts on a copy of the same data folder, in a memory cgroup of its own (512 MB, swap off) and a network namespace of its
own, so that attackers and the polite caller have addresses and count as callers. A polite caller asks 50 times a second: first alone, then beside
the attack from 256 connections. Without the right to make either (root), the script says so and goes on without a limit, or over loopback.

Attackers have machines of their own in truth: here they run under SCHED_IDLE (or a niceness, with --attackers-nice), with bytes that were
made before, and open 500 connections a second at most.

An attack passes when the server is alive and answers, nothing was killed for want of memory and RSS (its pages of the
program's own file apart) stayed below the limit, the polite
caller had no error and a p99 of at most three times its own before, and the data folder grew by at most 10 MB a minute. Exit code 1 when one
does not. Needs Linux, Python 3.11 and `ip` (iproute2); no packages.
"""
import argparse
import json
import multiprocessing
import os
import pathlib
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import attacks  # noqa: E402
import engine  # noqa: E402
import isolation  # noqa: E402
import place  # noqa: E402
import polite  # noqa: E402
import watch  # noqa: E402

FORK = multiprocessing.get_context("fork")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--closecast", help="the program under attack")
    parser.add_argument("--seconds", type=float, default=60, help="length of each attack [60]")
    parser.add_argument("--baseline", type=float, default=20, help="length of the polite caller's time alone, before each attack [20]")
    parser.add_argument("--connections", type=int, default=256, help="connections of the attackers [256]")
    parser.add_argument("--addresses", type=int, default=1, help="addresses that they come from, 64 at most [1]")
    parser.add_argument("--rate", type=float, default=50, help="requests a second of the polite caller [50]")
    parser.add_argument("--memory", default="512M", help="limit of the server's cgroup, or `none` [512M]")
    parser.add_argument("--only", default="", help="names or items of attacks, with commas between, such as 2a,log-flood [all]")
    parser.add_argument("--except", dest="left_out", default="", help="the same, to leave out")
    parser.add_argument("--most-ratio", type=float, default=3.0, help="criterion for the p99 [3]")
    parser.add_argument("--most-disk", type=float, default=10.0, help="criterion for the growth of the data folder, in MB a minute [10]")
    parser.add_argument("--attackers-nice", type=int, help="run attackers with this niceness instead of under SCHED_IDLE")
    parser.add_argument("--boost", action="store_true", help="give server and polite caller a niceness of -10, on a machine that has other work to do (root)")
    parser.add_argument("--spin", action="store_true", help="keep every core busy under SCHED_IDLE during the polite caller's time alone too")
    parser.add_argument("--loopback", action="store_true", help="make no network namespace")
    parser.add_argument("--settings", default="", help="file with more of closecast.toml for every server")
    parser.add_argument("--work", help="folder for the data, kept [a temporary one]")
    parser.add_argument("--json", help="file for the figures [standard output]")
    parser.add_argument("--list", action="store_true", help="list the attacks and end")
    return parser.parse_args()


def main():
    a = arguments()
    if a.list:
        for name, attack in attacks.ALL.items():
            print(f"{name:16} {attack.item:5} {attack.about}")
        return 0
    if not a.closecast:
        raise SystemExit("name the program with --closecast target/release/closecast")
    left_out = chosen("--except", a.left_out)
    names = [name for name in chosen("--only", a.only) or attacks.ALL if name not in left_out]
    allow_many_files()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    program = str(pathlib.Path(a.closecast).resolve())
    work = pathlib.Path(a.work) if a.work else pathlib.Path(tempfile.mkdtemp(prefix="closecast-hardening-"))
    work.mkdir(parents=True, exist_ok=True)
    network, why = isolation.open_network(a.loopback)
    if why:
        print(f"note: over loopback, where addresses do not count as callers: {why}", file=sys.stderr)
    results = []
    try:
        shutil.rmtree(work / "template", ignore_errors=True)
        template = place.Template(program, work / "template")
        for name in names:
            result = one(a, program, work, network, template, attacks.ALL[name])
            results.append(result)
            print(line(result), file=sys.stderr, flush=True)
    finally:
        network.close()
        if not a.work:
            shutil.rmtree(work, ignore_errors=True)
    tell(a, results)
    return 0 if all(result["passed"] for result in results) else 1


def chosen(option, text):
    """Returns the names of the attacks that a list names, by themselves or by their item: 4 is 4, 4a and 4b."""
    names = []
    for word in filter(None, text.split(",")):
        found = [name for name, kind in attacks.ALL.items() if word in (name, kind.item, kind.item.rstrip("abc"))]
        if not found:
            raise SystemExit(f"{option} names {word!r}; there are {', '.join(attacks.ALL)}, and the items of --list")
        names += found
    return names


def allow_many_files():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def one(a, program, work, network, template, kind):
    """Runs one attack, and returns its figures."""
    result = {"attack": kind.name, "item": kind.item, "about": kind.about}
    folder = work / kind.name
    shutil.rmtree(folder, ignore_errors=True)
    template.copy(folder, with_keys=not kind.is_open)
    cgroup = isolation.Cgroup(isolation.bytes_of(a.memory))
    if cgroup.missing:
        print(f"note: {cgroup.missing}", file=sys.stderr)
    attack = server = None
    try:
        attack = kind(attacks.Context(folder, template.keys, network, program))
        attack.prepare()
        more = pathlib.Path(a.settings).read_text() if a.settings else ""
        serve = ["--allow-open"] if kind.is_open else []
        server = place.Server(program, folder, cgroup, network, serve, attack.settings + more, attack.env, -10 if a.boost else 0)
        requests = questions(template.keys, kind.is_open) + attack.polite_also()
        ask(a, server, network, requests, 2)  # warms what is kept
        spinners = [start(spin, ()) for _ in range(os.cpu_count() or 1)] if a.spin else []
        result["alone"] = ask(a, server, network, requests, a.baseline)
        end(spinners)
        watcher = watch.Watch(server.process.pid, server.data)
        watcher.start()
        result["attackers"], result["polite"] = beside(a, server, network, requests, attack)
        result["answers_afterwards"] = answers(server)
        result["server"] = watcher.stop()
        result["alive"], result["ended"] = server.is_alive(), server.ended_how()
        if not result["alive"]:
            result["last_words"] = server.last_words()
    except RuntimeError as error:
        result["failed_to_run"] = str(error)
    finally:
        if server:
            server.stop()
        if attack:
            attack.close()
        result["cgroup"] = cgroup.figures()
        cgroup.close()
        if not a.work:
            shutil.rmtree(folder, ignore_errors=True)
    judge(a, result)
    return result


def questions(keys, is_open):
    key = None if is_open else keys["polite"]
    return [
        (20, "forecast", polite.get("/api/predictions/AAPL", key)),
        (10, "livez", polite.get("/livez")),
        (10, "prices", polite.get("/api/stocks/AAPL?days=30", key)),
    ]


def start(target, arguments):
    process = FORK.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def end(processes):
    for process in processes:
        process.terminate()
        process.join()


def spin():
    under_all_others(None)
    while True:
        pass


def under_all_others(nice):
    """Lets the calling process run only when nobody else wants to."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if nice is not None:
        os.nice(nice)
    else:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def begin_polite(a, server, network, requests, seconds, stopping):
    ours, theirs = FORK.Pipe(duplex=False)

    def run():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if a.boost:
            os.nice(-10)
        polite.run_and_report(theirs, server.address, network.polite, requests, a.rate, seconds, stopping)

    return start(run, ()), ours


def heard(process, pipe, seconds):
    """Returns what a process reports, or an empty report."""
    report = json.loads(pipe.recv()) if pipe.poll(seconds) else {"errors": {"no report": 1}, "p50_ms": None, "p99_ms": None}
    process.terminate()
    process.join()
    return report


def ask(a, server, network, requests, seconds):
    process, pipe = begin_polite(a, server, network, requests, seconds, FORK.Event())
    return heard(process, pipe, seconds + 30)


def beside(a, server, network, requests, attack):
    """Attacks and asks politely at the same time. A dead server ends both."""
    stopping = FORK.Event()
    ours, theirs = FORK.Pipe(duplex=False)

    def run():
        under_all_others(a.attackers_nice)
        sources = network.attackers(min(64, max(1, a.addresses)))
        made = engine.Engine(attack.peer, server.address, sources, a.connections, a.seconds, stopping)
        theirs.send(json.dumps(made.run()))

    attackers = start(run, ())
    caller, pipe = begin_polite(a, server, network, requests, a.seconds, stopping)

    def look():
        while not stopping.wait(0.5):
            if not server.is_alive():
                time.sleep(1)
                stopping.set()

    threading.Thread(target=look, daemon=True).start()
    report = heard(caller, pipe, a.seconds + 30)
    told = heard(attackers, ours, 30)
    stopping.set()
    return told, report


def answers(server):
    """Returns whether the server answers once the attack is over."""
    for _ in range(10):
        if server.answers():
            return True
        if not server.is_alive():
            return False
        time.sleep(0.5)
    return False


def judge(a, result):
    """Adds which criteria failed."""
    failed = []
    if "failed_to_run" in result:
        failed.append("did not run")
    else:
        before, during, server, cgroup = result["alone"], result["polite"], result["server"], result["cgroup"]
        ratio = during["p99_ms"] / before["p99_ms"] if during["p99_ms"] and before["p99_ms"] else None
        result["p99_ratio"] = ratio and round(ratio, 2)
        if not result["alive"] or not result["answers_afterwards"]:
            failed.append("alive")
        if cgroup["limited"] and (cgroup["oom_kills"] or server["anonymous_most_mb"] >= cgroup["limit_mb"]):
            failed.append("memory")
        if ratio is None or ratio > a.most_ratio:
            failed.append("p99")
        if during["errors"]:
            failed.append("errors")
        if server["disk_growth_mb_per_minute"] > a.most_disk:
            failed.append("disk")
    result["failed"], result["passed"] = failed, not failed


COLUMNS = ["attack", "item", "alive", "RSS start/most/end MB", "p99 alone", "p99 beside", "ratio", "errors", "disk MB/min", "cores", "threads", "fds", "verdict"]
WIDTHS = [16, 5, 7, 21, 9, 10, 6, 7, 11, 5, 7, 6, 0]


def line(result):
    if "failed_to_run" in result:
        return f"{result['attack']:16} {result['item']:5} {result['failed_to_run']}"
    server, alone, beside_it = result["server"], result["alone"], result["polite"]
    memory = "/".join(str(server[key]) for key in ("rss_start_mb", "rss_most_mb", "rss_final_mb"))
    oom = result["cgroup"].get("oom_kills")
    alive = "yes" if result["alive"] else "OOM" if oom else "DEAD"
    values = [
        result["attack"], result["item"], alive, memory, alone["p99_ms"], beside_it["p99_ms"], result["p99_ratio"], sum(beside_it["errors"].values()),
        server["disk_growth_mb_per_minute"], server["cores_used"], server["threads_most"], server["descriptors_most"], "ok" if result["passed"] else "FAILED " + ", ".join(result["failed"]),
    ]  # fmt: skip
    return " ".join(f"{value!s:<{width}}" for value, width in zip(values, WIDTHS))


def tell(a, results):
    text = json.dumps({"closecast": a.closecast, "seconds": a.seconds, "connections": a.connections, "addresses": a.addresses, "memory": a.memory, "results": results}, indent=2)
    if a.json:
        pathlib.Path(a.json).write_text(text + "\n")
    else:
        print(text)
    header = " ".join(f"{name:<{width}}" for name, width in zip(COLUMNS, WIDTHS))
    print("\n".join(["", header, *map(line, results)]), file=sys.stderr if not a.json else sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
