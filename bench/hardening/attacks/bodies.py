"""Item 8, and other bodies that do not end."""
import http2
import polite
from engine import Peer
from place import prices

from .attack import Attack, Streams, http1


class SlowBody(Peer):
    """Sends the head of a request and then a byte now and then."""

    every = 1.0

    def __init__(self, counts, number, head):
        super().__init__(counts, number)
        self.head = head

    def opened(self):
        return self.head

    def tick(self):
        return b"1"

    def received(self, data):
        if data.startswith(b"HTTP/1.1 "):
            self.counts[f"status {data[9:12].decode()}"] += 1
        return b""


def head_of(path, headers, length):
    return http1("POST", path, [*headers, ("Content-Type", "text/csv"), ("Content-Length", length)])


class SlowFiles(Attack):
    name, item, key = "slow-files", "8", "viewer"
    about = "a viewer's files to be forecast (POST /predict), a byte a second; the polite caller sends files too"

    def polite_also(self):
        body = prices("AAPL", 300).encode()
        return [(1, "file forecast", polite.post("/predict", self.context.keys["polite"], "text/csv", body))]

    def peer(self, counts, number):
        return SlowBody(counts, number, head_of("/predict", self.headers(), 1_000_000))


class SlowUploads(Attack):
    name, item, key = "slow-uploads", "8", "operator"
    about = "an operator's uploads, a byte a second; the polite caller uploads too"

    def polite_also(self):
        body = prices("IBM", 300).encode()
        return [(1, "upload", polite.post("/api/stocks/IBM/upload?replace=true", self.context.keys["polite-operator"], "text/csv", body))]

    def peer(self, counts, number):
        return SlowBody(counts, number, head_of("/api/stocks/KO/upload", self.headers(), 1_000_000))


WINDOW = b'{"values": [' + b"1.5, " * 190_000  # almost the largest body that is taken, and no end


class WithheldBodies(Attack):
    name, item, key = "withheld-h1", "more", "viewer"
    about = "a viewer's bodies of almost 1 MB over HTTP/1 whose last bytes do not come"

    def peer(self, counts, number):
        head = http1("POST", "/predict", [*self.headers(), ("Content-Type", "application/json"), ("Content-Length", len(WINDOW) + 100)])
        return SlowBody(counts, number, head + WINDOW)


class WithheldStreams(Attack):
    name, item, key = "withheld-h2", "more", "viewer"
    about = "the same over HTTP/2, on every stream that the server allows"

    class Peer(Streams):
        """Sends what the windows of connection and streams allow, a piece of each body at a time."""

        def __init__(self, counts, number, block):
            super().__init__(counts, number, [block], window=65535, ends=False)
            self.credit, self.stream_credit, self.initial = 65535, {}, 65535
            self.places = {}

        def received(self, data):
            for kind, flags, stream, payload in http2.Frames.feed(self.peeked(), data):
                if kind == http2.WINDOW_UPDATE:
                    by = int.from_bytes(payload, "big")
                    if stream == 0:
                        self.credit += by
                    elif stream in self.stream_credit:
                        self.stream_credit[stream] += by
                elif kind == http2.SETTINGS and not flags & http2.ACK:
                    for place in range(0, len(payload), 6):
                        if int.from_bytes(payload[place : place + 2], "big") == http2.INITIAL_WINDOW_SIZE:
                            self.initial = int.from_bytes(payload[place + 2 : place + 6], "big")
            out = super().received(data)
            return out + self.bodies()

        def peeked(self):
            if not hasattr(self, "second"):
                self.second = http2.Frames()
            return self.second

        def bodies(self):
            out, sent = [], 0
            for stream in list(self.open):
                credit = self.stream_credit.setdefault(stream, self.initial)
                place = self.places.get(stream, 0)
                size = min(16384, credit, self.credit, len(WINDOW) - place)
                if size > 0 and sent < 1_000_000:
                    out.append(http2.frame(http2.DATA, 0, stream, WINDOW[place : place + size]))
                    self.places[stream], sent = place + size, sent + size
                    self.stream_credit[stream] -= size
                    self.credit -= size
            for stream in [stream for stream in self.places if stream not in self.open]:
                del self.places[stream]
                self.stream_credit.pop(stream, None)
            return b"".join(out)

        def sent(self):
            return self.bodies()

    def peer(self, counts, number):
        return self.Peer(counts, number, http2.block("POST", "/predict", [*self.headers(), ("content-type", "application/json")]))


class UnreadBodies(Attack):
    name, item = "refused-bodies", "more"
    about = "no key: bodies sent as fast as they are taken to routes that have refused them already"

    class Peer(Peer):
        piece = b"a" * 65536

        def __init__(self, counts, number, path):
            super().__init__(counts, number)
            self.path = path

        def opened(self):
            return http1("POST", self.path, [("Content-Type", "text/csv"), ("Content-Length", 10**12)])

        def sent(self):
            return self.piece

        def received(self, data):
            if data.startswith(b"HTTP/1.1 "):
                self.counts[f"status {data[9:12].decode()}"] += 1
            return b""

    def peer(self, counts, number):
        return self.Peer(counts, number, ["/api/stocks/AAPL/upload", "/predict", "/nothing", "/livez"][number % 4])


ATTACKS = [SlowFiles, SlowUploads, WithheldBodies, WithheldStreams, UnreadBodies]
