"""Items 3: requests that cost the attacker nothing and the server a line of its log."""
from engine import Peer

from .attack import Attack, http1

LONG = "a" * 60_000


class Pipeline(Peer):
    """Sends the same bytes as fast as they are taken, and throws the answers away."""

    def __init__(self, counts, number, data):
        super().__init__(counts, number)
        self.data = data

    def opened(self):
        return self.data

    def sent(self):
        return self.data

    def received(self, data):
        for status in (b"404", b"414", b"429", b"200", b"431", b"400", b"401"):
            found = data.count(b"HTTP/1.1 " + status)
            if found:
                self.counts[f"status {status.decode()}"] += found
        return b""


class LogFlood(Attack):
    name, item = "log-flood", "3"
    about = "no key: unknown routes with paths of 60 KB, 414s, /docs and /openapi.json, sent without waiting for answers"

    def peer(self, counts, number):
        requests = [
            http1("GET", "/" + LONG),
            http1("GET", "/api/stocks/" + LONG),
            http1("GET", "/docs", [("If-None-Match", "*")]),
            http1("HEAD", "/openapi.json"),
            http1("POST", "/api/jobs/" + LONG + "/cancel", body=b""),
        ]
        return Pipeline(counts, number, b"".join(requests))


class ShortFlood(Attack):
    name, item = "short-flood", "3"
    about = "no key: unknown routes with short paths, sent without waiting for answers: many short lines"

    def peer(self, counts, number):
        return Pipeline(counts, number, http1("GET", "/nothing") * 100)


class GuessFlood(Attack):
    name, item = "key-guesses", "3"
    about = "wrong keys, a new one each time, sent without waiting for answers"

    def peer(self, counts, number):
        requests = [http1("POST", "/train", [("X-API-Key", f"closecast_{number:032x}{guess:032x}")], b"{}") for guess in range(100)]
        return Pipeline(counts, number, b"".join(requests))


ATTACKS = [LogFlood, ShortFlood, GuessFlood]
