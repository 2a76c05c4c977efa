"""Looks at a process and its data folder while something goes on."""
import os
import pathlib
import re
import threading
import time


class Watch(threading.Thread):
    """Notes the most of everything, several times a second."""

    def __init__(self, pid, data):
        super().__init__(daemon=True)
        self.pid, self.data, self.stopping = pid, data, threading.Event()
        self.rss, self.peak, self.anonymous, self.threads, self.descriptors, self.unlinked = [], 0, 0, 0, 0, 0
        self.disk_at_start = self.disk_most = self.disk_now = disk_bytes(data)
        self.begun, self.cpu_at_start = time.monotonic(), cpu_seconds(pid)
        self.cpu = self.cpu_at_start

    def run(self):
        while not self.stopping.wait(0.2):
            self.look()

    def look(self):
        process = pathlib.Path(f"/proc/{self.pid}")
        try:
            status = (process / "status").read_text()
            rss = field(status, "VmRSS")
            if rss is None:
                return  # a zombie
            self.rss.append(rss)
            self.peak = max(self.peak, field(status, "VmHWM") or 0)
            self.anonymous = max(self.anonymous, field(status, "RssAnon") or 0)
            self.threads = max(self.threads, int(re.search(r"Threads:\s+(\d+)", status)[1]))
            self.cpu = cpu_seconds(self.pid)
            descriptors = os.listdir(process / "fd")
            self.descriptors = max(self.descriptors, len(descriptors))
            if len(self.rss) % 5 == 0:
                self.unlinked = max(self.unlinked, unlinked_bytes(process / "fd", descriptors, self.data))
                self.disk_now = disk_bytes(self.data)
                self.disk_most = max(self.disk_most, self.disk_now)
        except OSError:
            return  # it is gone

    def stop(self):
        self.stopping.set()
        self.join()
        self.disk_now = disk_bytes(self.data)
        self.disk_most = max(self.disk_most, self.disk_now)
        minutes = (time.monotonic() - self.begun) / 60
        cores = (self.cpu - self.cpu_at_start) / (60 * minutes)
        return {
            "rss_start_mb": mb(self.rss[0] if self.rss else None),
            "rss_most_mb": mb(max([*self.rss, self.peak]) if self.rss else None),
            "rss_final_mb": mb(self.rss[-1] if self.rss else None),
            "anonymous_most_mb": mb(self.anonymous),
            "cores_used": round(cores, 2),
            "threads_most": self.threads,
            "descriptors_most": self.descriptors,
            "disk_growth_mb_per_minute": round((self.disk_now - self.disk_at_start) / 1e6 / minutes, 2),
            "disk_most_above_start_mb": round((self.disk_most - self.disk_at_start) / 1e6, 2),
            "unlinked_files_most_mb": round(self.unlinked / 1e6, 2),
        }


def cpu_seconds(pid):
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def field(status, name):
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else None


def mb(number):
    return None if number is None else round(number / 1e6, 1)


def disk_bytes(folder):
    """Returns what the files of a folder take on the disk; a sparse file takes what is written of it."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
            except OSError:
                pass
    return total


def unlinked_bytes(folder, descriptors, data):
    """Returns what files without a name take that the process has open on the disk of its data."""
    total, device = 0, os.stat(data).st_dev
    for name in descriptors:
        try:
            if os.readlink(folder / name).endswith("(deleted)"):
                stat = os.stat(folder / name)
                total += stat.st_blocks * 512 if stat.st_dev == device else 0
        except OSError:
            pass
    return total
