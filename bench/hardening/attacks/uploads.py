"""Item 5: a file in which every row is another symbol."""
from engine import Peer

from .attack import Attack

MEGABYTES = 60


class ManySymbols(Attack):
    name, item, key = "upload-symbols", "5", "operator"
    about = f"an operator's uploads of {MEGABYTES} MB, every row a new symbol, several at a time and again and again"

    def prepare(self):
        rows = [f"S{number:07d},2024-01-02,1,1,1,1,1,1\n" for number in range(MEGABYTES * 1_000_000 // 33)]
        body = "Symbol,Date,Open,High,Low,Close,Adj Close,Volume\n" + "".join(rows)
        type(self).request = self.head(len(body)) + body.encode()

    def head(self, length):
        key = self.context.keys["operator"]
        return f"POST /api/stocks/upload HTTP/1.1\r\nHost: closecast.test\r\nX-API-Key: {key}\r\nContent-Type: text/csv\r\nContent-Length: {length}\r\n\r\n".encode()

    class Peer(Peer):
        def __init__(self, counts, number, request):
            super().__init__(counts, number)
            self.request = request

        def opened(self):
            return self.request

        def received(self, data):
            if data.startswith(b"HTTP/1.1 "):
                self.counts[f"status {data[9:12].decode()}"] += 1
                self.counts["answers"] += 1
                raise ConnectionResetError(0, "answered")
            return b""

    def peer(self, counts, number):
        return self.Peer(counts, number, self.request)


class PredictSymbols(ManySymbols):
    name, item, key = "predict-symbols", "5", "viewer"
    about = f"a viewer's files of {MEGABYTES} MB to be forecast, every row a new symbol"

    def head(self, length):
        key = self.context.keys["viewer"]
        return f"POST /predict HTTP/1.1\r\nHost: closecast.test\r\nX-API-Key: {key}\r\nContent-Type: text/csv\r\nContent-Length: {length}\r\n\r\n".encode()


ATTACKS = [ManySymbols, PredictSymbols]
