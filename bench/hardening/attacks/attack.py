"""What an attack is, and the connections that most of them make."""
import dataclasses
import pathlib

import http2
from engine import Peer


@dataclasses.dataclass
class Context:
    """What an attack knows of the server."""

    folder: pathlib.Path
    keys: dict
    network: object
    program: str


class Attack:
    """The class attributes describe it; `peer` makes what one connection does."""

    name = item = about = ""
    key = None  # name of the key in Context.keys
    is_open = False  # against a server without keys
    settings = ""  # closecast.toml
    env: dict = {}

    def __init__(self, context):
        self.context = context

    def prepare(self):
        """Changes the data folder before the server starts."""

    def polite_also(self):
        """Returns more requests for the polite caller: (weight, name, bytes)."""
        return []

    def peer(self, counts, number):
        raise NotImplementedError

    def close(self):
        pass

    def headers(self):
        return [("x-api-key", self.context.keys[self.key])] if self.key else []


def http1(method, path, headers=(), body=None):
    """Returns a request as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: closecast.test", *(f"{name}: {value}" for name, value in headers)]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


class Asking(Peer):
    """Asks over HTTP/1, reads the answer to its end and asks again."""

    def __init__(self, counts, number, request):
        super().__init__(counts, number)
        self.request, self.got, self.left, self.in_chunks = request, b"", None, False

    def next_request(self):
        return self.request

    def opened(self):
        return self.next_request()

    def received(self, data):
        if self.left is None and not self.in_chunks:
            self.got += data
            end = self.got.find(b"\r\n\r\n")
            if end < 0:
                return b""
            head, data = self.got[:end].lower(), self.got[end + 4 :]
            self.got = b""
            self.counts[f"status {head[9:12].decode()}"] += 1
            self.in_chunks = b"transfer-encoding: chunked" in head
            place = head.find(b"content-length: ")
            self.left = int(head[place + 16 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if self.in_chunks:
            self.got = (self.got + data)[-5:]
            is_whole = self.got == b"0\r\n\r\n"
        else:
            self.left -= len(data)
            is_whole = self.left <= 0
        if not is_whole:
            return b""
        self.got, self.left, self.in_chunks = b"", None, False
        return self.next_request()


class Unread(Peer):
    """Sends requests over HTTP/1, several on each connection, and takes no answer."""

    reads, receive_buffer = False, 4096

    def __init__(self, counts, number, request, times=4):
        super().__init__(counts, number)
        self.data = request * times

    def opened(self):
        return self.data


class Streams(Peer):
    """Speaks HTTP/2: as many streams as the server allows, each with the same request, in windows of `window` bytes."""

    receive_buffer = 16384

    def __init__(self, counts, number, blocks, window=0, body=None, ends=True, most=1000):
        super().__init__(counts, number)
        self.blocks, self.window, self.body, self.ends = blocks, window, body, ends
        self.frames, self.next, self.open, self.most = http2.Frames(), 1, set(), most

    def opened(self):
        # As many as nobody refuses before the server's own number is known.
        return http2.PREFACE + http2.settings(initial_window=self.window)

    def received(self, data):
        out = []
        for kind, flags, stream, payload in self.frames.feed(data):
            if kind == http2.SETTINGS and not flags & http2.ACK:
                for place in range(0, len(payload), 6):
                    if int.from_bytes(payload[place : place + 2], "big") == http2.MAX_CONCURRENT_STREAMS:
                        self.most = min(self.most, int.from_bytes(payload[place + 2 : place + 6], "big"))
                out.append(http2.SETTINGS_ACK)
            elif kind == http2.PING and not flags & http2.ACK:
                out.append(http2.frame(http2.PING, http2.ACK, 0, payload))
            elif kind == http2.HEADERS:
                self.counts["status 200" if payload[:1] == b"\x88" else "other status"] += 1
            elif kind == http2.DATA:
                out.append(self.data(stream, payload))
            elif kind == http2.RST_STREAM:
                self.counts["streams reset by the server"] += 1
            elif kind == http2.GOAWAY:
                self.counts["told to go away"] += 1
                return b"".join(out)
            if kind == http2.RST_STREAM or (kind in (http2.HEADERS, http2.DATA) and flags & http2.END_STREAM):
                self.open.discard(stream)
        # No more than some at a time, so that one connection does not hold up the others of this process.
        while len(self.open) < self.most and len(out) < 256:
            out.append(self.ask())
        return b"".join(out)

    def ask(self):
        stream, self.next = self.next, self.next + 2
        self.open.add(stream)
        self.counts["streams"] += 1
        return http2.request(stream, self.blocks[stream // 2 % len(self.blocks)], self.body, self.ends)

    def data(self, stream, payload):
        return b""
