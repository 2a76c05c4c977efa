"""WebSockets that ask and do not listen."""
import base64
import json
import os
import struct
import subprocess

from engine import Peer

from .attack import Attack, http1

EVENTS = 4000


def text_frame(message):
    data = json.dumps(message).encode()
    length = struct.pack(">BBH", 0x81, 0x80 | 126, len(data)) if len(data) > 125 else struct.pack(">BB", 0x81, 0x80 | len(data))
    return length + b"\0\0\0\0" + data  # masked with zeros


class UnreadSockets(Attack):
    name, item, key = "websockets", "more", "viewer"
    about = "a viewer's WebSockets that subscribe to everything from the first event on, ask 30 times, and read nothing"

    def prepare(self):
        # Each symbol of a file is an event that is kept, and told again to who resumes from the beginning.
        days = ["2024-01-02", "2024-01-03", "2024-01-04"]
        rows = [f"W{number},{day},10,11,9,10,10,100\n" for number in range(EVENTS) for day in days]
        file = self.context.folder / "many.csv"
        file.write_text("Symbol,Date,Open,High,Low,Close,Adj Close,Volume\n" + "".join(rows))
        words = [self.context.program, "import", "many.csv", "--data-dir", "data"]
        subprocess.run(words, cwd=self.context.folder, check=True, capture_output=True)

    class Peer(Peer):
        reads, receive_buffer, every = False, 4096, 2.0

        def __init__(self, counts, number, headers):
            super().__init__(counts, number)
            self.headers = headers

        def opened(self):
            key = base64.b64encode(os.urandom(16)).decode()
            headers = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", key), *self.headers]
            return http1("GET", "/ws", headers) + self.question() * 30

        def tick(self):
            return self.question() * 8

        def question(self):
            return text_frame({"type": "subscribe", "topics": ["forecasts", "jobs", "bars", "alerts", "health"], "resume_from": 0})

    def peer(self, counts, number):
        return self.Peer(counts, number, self.headers())


ATTACKS = [UnreadSockets]
