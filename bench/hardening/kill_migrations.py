#!/usr/bin/env python3
"""Kills `closecast migrate` at random moments and checks that every database opens afterwards with its data intact.

    python kill_migrations.py --closecast target/release/closecast [--kills 200] [--seed 1] [--scenario fresh …]

Scenarios: a fresh database, the upgrade of a first-version schema with 14,003 bars, both on a disk with little room (a tmpfs in a mount
namespace of its own; needs root), and the first two on PostgreSQL (needs `psql` and a server at --postgres). After each kill the next
`closecast migrate` must succeed, the schema must be that of a fresh database, SQLite's integrity check must pass, and the bars must be
those from before. A migration that ends by itself with an error must say that nothing was changed, and that must be true. Prints a
JSON summary; exit code 1 when anything failed.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

FIXTURE = pathlib.Path(__file__).resolve().parents[2] / "crates/store/fixtures/schema_0_1_0.sql"
FIRST_STEP = 8  # statements of the bookkeeping table, and of the first step with its row
BARS = 14003
SCENARIOS = ["fresh", "upgrade", "fresh-full-disk", "upgrade-full-disk", "postgres-fresh", "postgres-upgrade"]
# What the steps after the first make on PostgreSQL.
TO_FIRST_VERSION = """
DROP TABLE model_aliases, registry_events, jobs, schedule_firings, runs, run_metrics, training_logs, alerts, keys, events, audit_log;
ALTER TABLE model_versions DROP COLUMN run_id;
ALTER TABLE forecasts DROP COLUMN realised_close, DROP COLUMN settled_at;
DROP INDEX IF EXISTS forecasts_created, forecasts_symbol_created, forecasts_model_created, forecasts_symbol_model_created;
DELETE FROM seaql_migrations WHERE version > 'm20261121_000002';
"""


def run(program, arguments, delay=None):
    """Runs the program, and kills it after `delay` seconds. Returns its exit status and what it said."""
    environment = {"PATH": os.environ["PATH"]}
    process = subprocess.Popen([program, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    try:
        _, told = process.communicate(timeout=delay)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        _, told = process.communicate()
    return process.returncode, told.decode(errors="replace").strip()


class Sqlite:
    """A database in a folder, which may be on a disk with little room."""

    def __init__(self, options, folder, upgrade, full_disk):
        self.program, self.folder, self.upgrade, self.full_disk = options.closecast, folder, upgrade, full_disk
        self.template = pathlib.Path(tempfile.mkdtemp()) / "closecast.db"
        self.file, self.ballast = folder / "data/closecast.db", folder / "ballast"
        self.arguments = ["migrate", "--data-dir", str(folder / "data")]
        if upgrade:
            self.make_template()
        self.begin()
        run(self.program, self.arguments)
        self.expected = self.schema()

    def make_template(self):
        database = sqlite3.connect(self.template)
        database.execute("PRAGMA journal_mode = WAL")
        statements = [line for line in FIXTURE.read_text().splitlines() if not line.startswith("--")]
        for statement in statements[:FIRST_STEP]:
            database.execute(statement)
        day = "strftime('%Y-%m-%d', '1970-01-01', '+' || value || ' days')"
        numbers = f"WITH RECURSIVE n(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM n WHERE value + 1 < {BARS})"
        database.execute(
            f"{numbers} INSERT INTO bars SELECT 'AAPL', value, {day}, value, value, value, value, NULL, 1000.0, 0.0, 1.0, 0 FROM n"
        )
        database.execute(
            "INSERT INTO series VALUES ('AAPL', 'split_adjusted', 'USD', 'test', '2026-01-01 00:00:00+00:00', "
            f"'1970-01-01', '2008-05-04', {BARS})"
        )
        database.commit()
        database.close()

    def begin(self):
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.file.parent.mkdir()
        if self.upgrade:
            shutil.copy(self.template, self.file)

    def fill(self, random_source):
        if self.full_disk:
            # Half of the upgrades have room for the copy that is made before, so that the schema meets the full disk too.
            most = 256 * 1024
            if self.upgrade and random_source.random() < 0.5:
                most += self.file.stat().st_size
            self.leave_free(random_source.randrange(most))

    def leave_free(self, size):
        with open(self.ballast, "wb") as ballast:
            space = os.statvfs(self.folder)
            os.posix_fallocate(ballast.fileno(), 0, max(space.f_bavail * space.f_frsize - size, 1))

    def recover(self):
        self.ballast.unlink(missing_ok=True)

    def query(self, sql):
        database = sqlite3.connect(self.file)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def schema(self):
        return sorted(self.query("SELECT type, name, tbl_name, sql FROM sqlite_master")) if self.file.exists() else []

    def steps(self):
        try:
            return self.query("SELECT COUNT(*) FROM seaql_migrations")[0][0]
        except sqlite3.OperationalError:
            return 0

    def data(self):
        return self.query("SELECT COUNT(*), SUM(close), MAX(date) FROM bars") if self.upgrade else None

    def is_whole(self):
        return self.query("PRAGMA integrity_check") == [("ok",)]

    def close(self):
        shutil.rmtree(self.template.parent)


class Postgres:
    """A database on a server."""

    def __init__(self, options, upgrade):
        self.program, self.server, self.upgrade, self.full_disk = options.closecast, options.postgres, upgrade, False
        self.base = self.server.rsplit("/", 1)[0]
        self.name, self.template = f"kill_{os.getpid()}", f"kill_{os.getpid()}_first"
        self.folder = tempfile.mkdtemp()
        self.arguments = ["migrate", "--data-dir", self.folder, "--database-url", f"{self.base}/{self.name}"]
        self.admin(f"CREATE DATABASE {self.template}")
        self.begin()
        run(self.program, self.arguments)
        self.expected = self.schema()
        if upgrade:
            arguments = [*self.arguments[:-1], f"{self.base}/{self.template}"]
            run(self.program, arguments)
            self.sql(TO_FIRST_VERSION, self.template)
            self.sql(
                "INSERT INTO bars SELECT 'AAPL', n, DATE '1970-01-01' + n, n, n, n, n, NULL, 1000, 0, 1, false "
                f"FROM generate_series(0, {BARS - 1}) n",
                self.template,
            )

    def psql(self, address, sql):
        command = ["psql", address, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def admin(self, sql):
        return self.psql(self.server, sql)

    def sql(self, sql, name=None):
        return self.psql(f"{self.base}/{name or self.name}", sql)

    def begin(self):
        self.admin(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")
        self.admin(f"CREATE DATABASE {self.name} TEMPLATE {self.template}")

    def fill(self, _random_source):
        pass

    def recover(self):
        pass

    def schema(self):
        columns = self.sql(
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns "
            "WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        return columns + self.sql("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")

    def steps(self):
        there = self.sql("SELECT to_regclass('seaql_migrations') IS NOT NULL").strip() == "t"
        return int(self.sql("SELECT COUNT(*) FROM seaql_migrations")) if there else 0

    def data(self):
        return self.sql("SELECT COUNT(*), SUM(close), MAX(date) FROM bars") if self.upgrade else None

    def is_whole(self):
        return True

    def close(self):
        for name in [self.name, self.template]:
            self.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        shutil.rmtree(self.folder)


def rehearse(place, options):
    """Kills so many migrations, and returns what came of it."""
    source, counts, failures = random.Random(options.seed), collections.Counter(), []
    lengths = []
    for _ in range(3):
        place.begin()
        begun = time.monotonic()
        run(place.program, place.arguments)
        lengths.append(time.monotonic() - begun)
    length = sorted(lengths)[1]
    for number in range(options.kills):
        place.begin()
        before, schema = place.data(), place.schema()
        place.fill(source)
        delay = source.uniform(0, 1.1 * length)
        if place.full_disk and source.random() < 0.3:
            delay = None  # meets the full disk and ends by itself
        status, told = run(place.program, place.arguments, delay)
        counts["killed" if status == -signal.SIGKILL else "succeeded" if status == 0 else "failed by itself"] += 1
        place.recover()
        wrong = []
        if status > 0:
            if "othing was changed" not in told and "cannot be used" not in told:
                wrong.append(f"does not say that nothing was changed: {told}")
            if place.schema() != schema:
                wrong.append("the schema was changed by a migration that failed")
        counts[f"steps recorded after the kill: {place.steps()}"] += 1
        status, told = run(place.program, place.arguments)
        if status != 0:
            wrong.append(f"does not open: {told}")
        else:
            if place.schema() != place.expected:
                wrong.append("the schema is not that of a fresh database")
            if place.data() != before:
                wrong.append(f"data lost: {before} became {place.data()}")
            if not place.is_whole():
                wrong.append("the integrity check fails")
        if wrong:
            failures.append({"number": number, "killed_after_ms": delay and round(1000 * delay, 1), "wrong": wrong})
    return {
        "kills": options.kills,
        "undisturbed_ms": round(1000 * length, 1),
        **dict(sorted(counts.items())),
        "failures": len(failures),
        "first_failures": failures[:5],
    }


def scenario(name, options):
    if name.startswith("postgres"):
        place = Postgres(options, name.endswith("upgrade"))
    else:
        folder = pathlib.Path(options.within or tempfile.mkdtemp())
        if options.within:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], check=True)
        place = Sqlite(options, folder, name.startswith("upgrade"), name.endswith("full-disk"))
    try:
        return rehearse(place, options)
    finally:
        place.close()


def in_own_mounts(name, options):
    """Runs this script again in a mount namespace of its own, for one scenario."""
    folder = tempfile.mkdtemp()
    command = ["unshare", "-m", sys.executable, __file__, "--closecast", options.closecast, "--kills", str(options.kills)]
    command += ["--seed", str(options.seed), "--scenario", name, "--within", folder]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    os.rmdir(folder)
    return json.loads(ended.stdout)[name]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--closecast", required=True, type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--kills", type=int, default=200, help="kills of each scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", choices=SCENARIOS, nargs="*", default=SCENARIOS)
    parser.add_argument("--postgres", default="postgres://postgres@127.0.0.1:5432/postgres", help="a server on which databases may be made")
    parser.add_argument("--within", help=argparse.SUPPRESS)
    options = parser.parse_args()
    summary = {}
    for name in options.scenario:
        has_own = name.endswith("full-disk") and not options.within
        summary[name] = in_own_mounts(name, options) if has_own else scenario(name, options)
    print(json.dumps(summary, indent=2))
    return 1 if any(result["failures"] for result in summary.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
