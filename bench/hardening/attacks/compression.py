"""Items 2: what is given without a key, compressed for each request, and never taken."""
import http2

from .attack import Asking, Attack, Streams, Unread, http1

GZIP = ("accept-encoding", "gzip")


class OpenApiStreams(Attack):
    name, item = "openapi-h2", "2a"
    about = "no key: HTTP/2 with windows of 0 bytes, GET /openapi.json with gzip on every stream that the server allows"

    def peer(self, counts, number):
        return Streams(counts, number, [http2.block("GET", "/openapi.json", [GZIP])])


class AssetStreams(Attack):
    name, item = "assets-h2", "2a"
    about = "no key: the same with /static/plotly.min.js, /docs and /redoc without gzip"

    def peer(self, counts, number):
        return Streams(counts, number, [http2.block("GET", path) for path in ("/static/plotly.min.js", "/docs", "/static/plotly.min.js", "/redoc")])


class OpenApiLoop(Attack):
    name, item = "openapi-h1", "2b"
    about = "no key: GET /openapi.json with gzip over HTTP/1 in a loop, answers read"

    def peer(self, counts, number):
        return Asking(counts, number, b"GET /openapi.json HTTP/1.1\r\nHost: closecast.test\r\nAccept-Encoding: gzip\r\n\r\n")


PLOTLY = http1("GET", "/static/plotly.min.js")


class AssetsUnread(Attack):
    name, item = "assets-h1", "2"
    about = "no key: /static/plotly.min.js without gzip over HTTP/1, four on a connection, answers not read"

    def peer(self, counts, number):
        return Unread(counts, number, PLOTLY)


class AssetsDrip(Attack):
    name, item = "assets-drip", "2"
    about = "no key: the same, with some kilobytes taken every five seconds, so that no answer stands still"

    class Peer(Unread):
        every = 5.0

        def tick(self):
            self.reads = True
            return b""

        def received(self, data):
            self.reads = False
            return b""

    def peer(self, counts, number):
        return self.Peer(counts, number, PLOTLY)


ATTACKS = [OpenApiStreams, AssetStreams, OpenApiLoop, AssetsUnread, AssetsDrip]
