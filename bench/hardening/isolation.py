"""A memory cgroup and a network namespace for the server under attack, both removed at the end."""
import contextlib
import ctypes
import os
import pathlib
import shutil
import subprocess
import time

CGROUPS = pathlib.Path("/sys/fs/cgroup")
CLONE_NEWNET = 0x40000000


class Cgroup:
    """A group with a limit of memory, swap off. Version 1 or 2, whichever the machine has. Without a limit there is no group."""

    def __init__(self, limit):
        self.limit, self.path, self.missing = limit, None, None
        if limit is None:
            return
        controller = CGROUPS / "memory" if (CGROUPS / "memory").is_dir() else CGROUPS
        self.v2 = controller == CGROUPS
        path = controller / f"closecast-hardening-{os.getpid()}"
        try:
            if self.v2:
                with contextlib.suppress(OSError):
                    (controller / "cgroup.subtree_control").write_text("+memory")
            path.mkdir()
            self.path = path
            self._write("memory.max" if self.v2 else "memory.limit_in_bytes", limit)
        except OSError as error:
            self.close()
            self.missing = f"memory is NOT limited: {error}"
            return
        # Where the kernel counts swap at all. Buffers of sockets count in version 2 anyway; in version 1 only when they have a limit.
        for name, value in [("memory.swap.max", 0)] if self.v2 else [("memory.memsw.limit_in_bytes", limit), ("memory.kmem.tcp.limit_in_bytes", limit)]:
            with contextlib.suppress(OSError):
                self._write(name, value)

    def _write(self, name, value):
        (self.path / name).write_text(str(value))

    def _read(self, name):
        try:
            return (self.path / name).read_text()
        except (OSError, TypeError):
            return ""

    def enter(self):
        """Moves the calling process into the group; called between fork and exec."""
        if self.path:
            self._write("cgroup.procs", os.getpid())

    def figures(self):
        """Returns what the kernel counted: most memory (page cache included), and processes killed for want of it."""
        if not self.path:
            return {"limited": False}
        number = lambda text: int(text) if text.strip().isdigit() else None
        counts = dict(line.split() for line in self._read("memory.events" if self.v2 else "memory.oom_control").splitlines())
        return {
            "limited": True,
            "limit_mb": round(self.limit / 1e6, 1),
            "most_usage_mb": megabytes(number(self._read("memory.peak" if self.v2 else "memory.max_usage_in_bytes"))),
            "most_socket_buffers_mb": None if self.v2 else megabytes(number(self._read("memory.kmem.tcp.max_usage_in_bytes"))),
            "oom_kills": int(counts.get("oom_kill", 0)),
        }

    def close(self):
        if not self.path:
            return
        for _ in range(100):
            try:
                self.path.rmdir()
                break
            except OSError:
                time.sleep(0.05)
        self.path = None


def bytes_of(text):
    """Returns the bytes of a text such as 512M; `None` for `none`."""
    if text == "none":
        return None
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    unit, number = text[-1:].upper(), text[:-1]
    try:
        return int(float(number) * units[unit]) if unit in units else int(text)
    except ValueError:
        raise SystemExit(f"--memory is {text!r}, but must be like 512M, 1G or none") from None


def megabytes(number):
    return None if number is None else round(number / 1e6, 1)


class Loopback:
    """No namespace: all come from addresses of this machine, which the server does not count as callers."""

    is_isolated = False
    server_host = "127.0.0.1"
    polite = ["127.0.0.1"]
    host_address = "127.0.0.1"

    def attackers(self, count):
        return ["127.0.0.1"] * count

    def enter(self):
        pass

    def close(self):
        pass


class Network:
    """A namespace for the server, joined to this one by a pair of virtual interfaces: callers have addresses of their own."""

    is_isolated = True

    def __init__(self, most_attackers=64):
        if not shutil.which("ip"):
            raise OSError("`ip` is not installed (package iproute2)")
        # Two runs at a time do not meet: each has a network of its own.
        tag = os.getpid() % 100_000
        self.base = f"10.77.{tag % 250}"
        self.server_host, self.host_address = f"{self.base}.1", f"{self.base}.250"
        self.polite = [f"{self.base}.{last}" for last in range(240, 244)]
        self.name, self.outer, inner = f"cc-hard-{tag}", f"ccho{tag}", f"cchi{tag}"
        self.fd = None
        try:
            ip("netns", "add", self.name)
            self.fd = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
            ip("link", "add", self.outer, "type", "veth", "peer", "name", inner, "netns", self.name)
            last = [*range(2, 2 + most_attackers), *range(240, 244), 250]
            for number in last:
                ip("addr", "add", f"{self.base}.{number}/24", "dev", self.outer)
            ip("link", "set", self.outer, "up")
            for words in (["addr", "add", f"{self.base}.1/24", "dev", inner], ["link", "set", inner, "up"], ["link", "set", "lo", "up"]):
                ip("-n", self.name, *words)
        except OSError:
            self.close()
            raise

    def attackers(self, count):
        return [f"{self.base}.{2 + number}" for number in range(count)]

    def enter(self):
        """Moves the calling process into the namespace; /sys stays as it is, so that the server finds its cgroup there."""
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(self.fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
        for words in (["link", "del", self.outer], ["netns", "del", self.name]):
            with contextlib.suppress(OSError):
                ip(*words)


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def open_network(loopback):
    """Returns the network, and why it is only loopback if it is."""
    if loopback:
        return Loopback(), "asked for"
    try:
        return Network(), None
    except OSError as error:
        return Loopback(), str(error)
