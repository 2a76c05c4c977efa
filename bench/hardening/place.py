"""A data folder with prices, a model and keys, made once; and a server on a copy of it."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "load"))
from soak import prices  # noqa: E402

PORT = 8971
SYMBOLS = ["AAPL", "MSFT", "IBM", "KO"]
SESSIONS = 1500
SMALL = ["--epochs", "1", "--hidden-size", "8", "--lookback", "30", "--threads", "1"]


class Template:
    """What every server starts with: four symbols, a small model named MSFT, and keys of several people."""

    def __init__(self, program, folder):
        self.program, self.folder, self.keys = program, folder, {}
        folder.mkdir(parents=True)
        for symbol in SYMBOLS:
            (folder / f"{symbol}.csv").write_text(prices(symbol, SESSIONS))
            self.run("import", f"{symbol}.csv")
        self.run("train", "MSFT", *SMALL)
        self.run("models", "promote", "MSFT", "--force", check=False)
        shutil.copytree(folder / "data", folder / "data-without-keys")
        # The first key must be an admin's. Each kind of attacker has a key of its own, and so have the polite callers.
        for name, role in [("admin", "admin"), ("polite", "viewer"), ("polite-operator", "operator"), ("viewer", "viewer"), ("operator", "operator")]:
            self.keys[name] = self.run("keys", "create", name, "--role", role).strip()

    def run(self, *words, check=True):
        done = subprocess.run([self.program, *words, "--data-dir", "data"], cwd=self.folder, env=environment(), capture_output=True, text=True)
        if check and done.returncode != 0:
            raise SystemExit(f"closecast {' '.join(words)} failed:\n{done.stderr}")
        return done.stdout

    def copy(self, folder, with_keys=True):
        """Returns a copy of the folder; without keys the server is open to all."""
        shutil.copytree(self.folder, folder)
        if not with_keys:
            shutil.rmtree(folder / "data")
            shutil.move(folder / "data-without-keys", folder / "data")
        return folder


def environment(**more):
    return {"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", **more}


class Server:
    """A server in the cgroup and the network that it is given."""

    def __init__(self, program, folder, cgroup, network, arguments=(), settings="", env=None, nice=0):
        self.folder, self.data = folder, folder / "data"
        (folder / "closecast.toml").write_text(settings)

        def enter():
            cgroup.enter()
            network.enter()
            if nice:
                os.nice(nice)

        host = "0.0.0.0" if network.is_isolated else network.server_host
        self.log = (folder / "server.log").open("wb")
        words = [program, "serve", "--host", host, "--port", str(PORT), "--data-dir", "data", *arguments]
        self.process = subprocess.Popen(words, cwd=folder, env=environment(**(env or {})), preexec_fn=enter, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        # Asked from an address that attackers do not have: theirs may have used up what it may.
        self.address, self.source = (network.server_host, PORT), (network.polite[0], 0)
        self._wait_until_ready()

    def _wait_until_ready(self):
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            if self.answers():
                return
            time.sleep(0.05)
        text = self.last_words()
        self.stop()
        raise RuntimeError(f"the server did not start: {text}")

    def answers(self):
        """Returns whether the server says that it lives."""
        try:
            with socket.create_connection(self.address, 2, self.source) as client:
                client.settimeout(2)
                client.sendall(b"GET /livez HTTP/1.1\r\nHost: closecast.test\r\nConnection: close\r\n\r\n")
                return client.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def is_alive(self):
        return self.process.poll() is None

    def ended_how(self):
        code = self.process.poll()
        if code is None:
            return None
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def last_words(self, count=3):
        self.log.flush()
        lines = (self.folder / "server.log").read_text(errors="replace").splitlines()
        return " | ".join(line[:200] for line in lines[-count:])

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self.log.close()
