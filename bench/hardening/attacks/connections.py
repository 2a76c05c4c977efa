"""Connections that cost the server something before it knows what they want."""
import http2
from engine import Peer

from .attack import Attack, http1


class _Opening(Peer):
    """Sends some bytes, and then a piece now and then."""

    def __init__(self, counts, number, first, piece=b"", every=None):
        super().__init__(counts, number)
        self.first, self.piece, self.every = first, piece, every

    def opened(self):
        return self.first

    def tick(self):
        return self.piece

    def received(self, data):
        if data.startswith(b"HTTP/1.1 "):
            self.counts[f"status {data[9:12].decode()}"] += 1
        return b""


class HalfPreface(Attack):
    name, item = "half-preface", "more"
    about = "no key: half a preface of HTTP/2, and no more"

    def peer(self, counts, number):
        return _Opening(counts, number, http2.PREFACE[:14])


class SlowHeaders(Attack):
    name, item = "slow-headers", "more"
    about = "no key: the head of a request, a byte a second"

    def peer(self, counts, number):
        return _Opening(counts, number, b"GET /livez HTTP/1.1\r\nHost: closecast.test\r\nX: ", b"a", 1.0)


class LargeHeaders(Attack):
    name, item = "large-headers", "more"
    about = "no key: heads of 380 KB without an end"

    def peer(self, counts, number):
        return _Opening(counts, number, http1("GET", "/livez", [("X-Long", "a" * 380_000)])[:-4], b"a", 1.0)


class Reconnects(Attack):
    name, item = "reconnects", "more"
    about = "no key: a connection for each request, closed by force before its answer"

    class Peer(Peer):
        def opened(self):
            return b"GET /openapi.json HTTP/1.1\r\nHost: closecast.test\r\nAccept-Encoding: gzip\r\n\r\n"

        def received(self, data):
            raise ConnectionResetError(0, "answered")

    def peer(self, counts, number):
        return self.Peer(counts, number)


ATTACKS = [HalfPreface, SlowHeaders, LargeHeaders, Reconnects]
