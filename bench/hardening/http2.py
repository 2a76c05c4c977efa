"""Frames of HTTP/2 as bytes, just enough to misuse it: requests are encoded once, and the same bytes sent again and again."""
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS = 1, 1, 4
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 3, 4

_STATIC = {b":authority": 1, b":path": 4}
_METHODS = {"GET": b"\x82", "POST": b"\x83"}


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _integer(value, bits, first=0):
    most = (1 << bits) - 1
    if value < most:
        return bytes([first | value])
    out, value = bytearray([first | most]), value - most
    while value >= 128:
        out.append(value % 128 + 128)
        value //= 128
    out.append(value)
    return bytes(out)


def _text(value):
    return _integer(len(value), 7) + value


def _literal(name, value):
    """A header that the decoder's table does not keep, so that the bytes mean the same on every connection and stream."""
    index = _STATIC.get(name)
    return (_integer(index, 4) if index else b"\x00" + _text(name)) + _text(value)


def block(method, path, headers=()):
    """Returns the header block of a request, without Huffman's code and without the dynamic table."""
    out = _METHODS[method] + b"\x86" + _literal(b":path", path.encode()) + _literal(b":authority", b"closecast.test")
    return out + b"".join(_literal(name.lower().encode(), value.encode()) for name, value in headers)


def request(stream, block, body=None, ends=True):
    """Returns the frames of a request; without `ends` its stream stays open for more."""
    out = frame(HEADERS, END_HEADERS | (END_STREAM if body is None and ends else 0), stream, block)
    for start in range(0, len(body or b""), 16384):
        piece = body[start : start + 16384]
        out += frame(DATA, END_STREAM if ends and start + 16384 >= len(body) else 0, stream, piece)
    return out


def settings(**values):
    numbers = {"initial_window": INITIAL_WINDOW_SIZE, "max_streams": MAX_CONCURRENT_STREAMS}
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", numbers[name], value) for name, value in values.items()))


SETTINGS_ACK = frame(SETTINGS, ACK)


def window_update(stream, by):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", by))


def reset(stream, code=8):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


class Frames:
    """Takes received bytes apart."""

    def __init__(self):
        self.left = b""

    def feed(self, data):
        self.left += data
        place, out = 0, []
        while len(self.left) - place >= 9:
            length = int.from_bytes(self.left[place : place + 3], "big")
            if len(self.left) - place < 9 + length:
                break
            kind, flags = self.left[place + 3], self.left[place + 4]
            stream = int.from_bytes(self.left[place + 5 : place + 9], "big") & 0x7FFFFFFF
            out.append((kind, flags, stream, self.left[place + 9 : place + 9 + length]))
            place += 9 + length
        self.left = self.left[place:]
        return out
