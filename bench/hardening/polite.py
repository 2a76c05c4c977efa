"""The polite caller: so many requests a second at fixed times, each from its own address and with its own key, and every delay counted.

The time of a request runs from when it was due, not from when it could be sent: a server that stands still for a second
delays all that should have been asked meanwhile.
"""
import asyncio
import collections
import json
import random
import time

TIMEOUT = 10.0


class Caller:
    """Asks `address` for each of `requests` in turn. A request is (weight, name, bytes); the answer must be 200."""

    def __init__(self, address, sources, requests, per_second):
        self.address, self.sources, self.pause = address, sources, 1 / per_second
        self.plan = [(name, data) for weight, name, data in requests for _ in range(weight)]
        random.Random(1).shuffle(self.plan)
        self.idle = collections.defaultdict(list)
        self.lateness, self.delays, self.by_name, self.errors = [], [], collections.defaultdict(list), collections.Counter()

    async def run(self, seconds, stopping):
        begun, number, tasks = time.perf_counter(), 0, set()
        while number * self.pause < seconds and not stopping.is_set():
            due = begun + number * self.pause
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            self.lateness.append(time.perf_counter() - due)
            name, data = self.plan[number % len(self.plan)]
            # Every tenth opens a connection of its own, as new visitors do.
            task = asyncio.create_task(self._ask(name, data, due, self.sources[number % len(self.sources)], number % 10 == 9))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
        await asyncio.gather(*list(tasks))
        for connections in self.idle.values():
            for _, writer in connections:
                writer.close()
        return self.figures()

    async def _ask(self, name, data, due, source, anew):
        try:
            status = await asyncio.wait_for(self._answer(data, source, anew), TIMEOUT)
        except (OSError, EOFError, asyncio.TimeoutError, ValueError) as error:
            status = type(error).__name__
        delay = time.perf_counter() - due
        if status == 200:
            self.delays.append(delay)
            self.by_name[name].append(delay)
        else:
            self.errors[f"{name}: {status}"] += 1

    async def _answer(self, data, source, anew):
        if not anew:
            while self.idle[source]:
                reader, writer = self.idle[source].pop()
                try:
                    return await self._once(reader, writer, data, source)
                except (OSError, EOFError):
                    continue  # A connection that lay idle may be closed at any time: asked again on another.
        reader, writer = await asyncio.open_connection(*self.address, local_addr=(source, 0))
        return await self._once(reader, writer, data, source)

    async def _once(self, reader, writer, data, source):
        try:
            writer.write(data)
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").lower().split("\r\n")
            status = int(lines[0].split(" ")[1])
            headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
            if "content-length" in headers:
                await reader.readexactly(int(headers["content-length"]))
            elif headers.get("transfer-encoding") == "chunked":
                while length := int(await reader.readline(), 16):
                    await reader.readexactly(length + 2)
                await reader.readline()
        except BaseException:
            writer.close()
            raise
        if headers.get("connection") == "close":
            writer.close()
        else:
            self.idle[source].append((reader, writer))
        return status

    def figures(self):
        return {
            "requests": len(self.delays) + sum(self.errors.values()),
            "p50_ms": milliseconds(self.delays, 0.5),
            "p99_ms": milliseconds(self.delays, 0.99),
            "most_ms": milliseconds(self.delays, 1.0),
            # How late the caller itself woke up: what a busy machine adds to each delay, whatever the server does.
            "own_lateness_p99_ms": milliseconds(self.lateness, 0.99),
            "p99_ms_by_request": {name: milliseconds(delays, 0.99) for name, delays in self.by_name.items()},
            "errors": dict(self.errors),
        }


def milliseconds(delays, share):
    if not delays:
        return None
    ordered = sorted(delays)
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)


def get(path, key=None):
    return _request("GET", path, key)


def post(path, key, content_type, body):
    return _request("POST", path, key, f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n", body)


def _request(method, path, key, more="", body=b""):
    key = f"X-API-Key: {key}\r\n" if key else ""
    return f"{method} {path} HTTP/1.1\r\nHost: closecast.test\r\nAccept: */*\r\n{key}{more}\r\n".encode() + body


def run_and_report(pipe, address, sources, requests, per_second, seconds, stopping):
    """The body of a process."""
    caller = Caller(address, sources, requests, per_second)
    pipe.send(json.dumps(asyncio.run(caller.run(seconds, stopping))))
    pipe.close()
