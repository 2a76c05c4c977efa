"""Many hostile connections in one process: non-blocking sockets and epoll, and bytes that were made before."""
import collections
import os
import select
import socket
import time

# Bounds of the load itself: so many connections a second are opened, and so much is sent at one go.
CONNECTS_A_SECOND = 500
PIECE = 256 * 1024
PAUSE_AFTER_END = 0.2
MOST_LIFE_UNREAD = 45.0


class Peer:
    """What one connection does. The engine calls it; what a method returns is sent."""

    reads = True  # False: nothing is ever read, so that the kernel's buffers fill and the server waits
    every = None  # seconds between two calls of `tick`
    receive_buffer = None

    def __init__(self, counts, number):
        self.counts, self.number = counts, number

    def opened(self):
        return b""

    def received(self, data):
        return b""

    def sent(self):
        """All of what there was to send is sent."""
        return b""

    def tick(self):
        return b""


class _Connection:
    __slots__ = ("peer", "socket", "out", "next_tick", "interest", "begun", "connected")

    def __init__(self, peer, sock):
        self.peer, self.socket, self.out = peer, sock, collections.deque()
        self.next_tick, self.interest, self.begun, self.connected = None, 0, time.monotonic(), False


class Engine:
    """Keeps so many connections busy until the time is over; each that ends is opened anew."""

    def __init__(self, make_peer, target, sources, connections, seconds, stopping=None):
        self.make_peer, self.target, self.sources = make_peer, target, sources
        self.until, self.stopping = time.monotonic() + seconds, stopping
        self.poll, self.open, self.counts = select.epoll(), {}, collections.Counter()
        self.ready_at = collections.deque((0.0, number) for number in range(connections))
        self.allowed, self.filled = float(CONNECTS_A_SECOND) / 10, time.monotonic()
        self.lives = collections.deque(maxlen=2000)

    def run(self):
        while (now := time.monotonic()) < self.until and not (self.stopping and self.stopping.is_set()):
            self._connect(now)
            for fd, events in self.poll.poll(0.02, 512):
                connection = self.open.get(fd)
                if connection:
                    self._serve(connection, events)
            self._tick(time.monotonic())
        for connection in list(self.open.values()):
            self._end(connection, None)
        lives = sorted(self.lives)
        return {**self.counts, **({"median_life_s": round(lives[len(lives) // 2], 2)} if lives else {})}

    def _connect(self, now):
        self.allowed = min(CONNECTS_A_SECOND / 10, self.allowed + (now - self.filled) * CONNECTS_A_SECOND)
        self.filled = now
        while self.ready_at and self.ready_at[0][0] <= now and self.allowed >= 1:
            self.allowed -= 1
            _, number = self.ready_at.popleft()
            peer = self.make_peer(self.counts, number)
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if peer.receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, peer.receive_buffer)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(peer, sock)
            try:
                sock.bind((self.sources[number % len(self.sources)], 0))
                sock.connect(self.target)
            except BlockingIOError:
                pass
            except OSError as error:
                self.counts[f"connect: {os.strerror(error.errno or 0)}"] += 1
                sock.close()
                self.ready_at.append((now + PAUSE_AFTER_END, number))
                continue
            self.open[sock.fileno()] = connection
            connection.interest = select.EPOLLOUT
            self.poll.register(sock.fileno(), connection.interest)

    def _serve(self, connection, events):
        try:
            if events & select.EPOLLOUT and not connection.connected:
                error = connection.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if error:
                    raise OSError(error, os.strerror(error))
                connection.connected = True
                self.counts["connections"] += 1
                if connection.peer.every:
                    connection.next_tick = time.monotonic() + connection.peer.every
                self._queue(connection, connection.peer.opened())
            if events & select.EPOLLIN and connection.peer.reads:
                data = connection.socket.recv(PIECE)
                if not data:
                    return self._end(connection, "closed")
                self.counts["bytes_received"] += len(data)
                self._queue(connection, connection.peer.received(data))
            if events & (select.EPOLLHUP | select.EPOLLERR):
                return self._end(connection, "reset")
            if events & select.EPOLLRDHUP and not connection.peer.reads:
                return self._end(connection, "closed")
            if connection.out and connection.connected:
                self._send(connection)
            self._watch(connection)
        except BlockingIOError:
            self._watch(connection)
        except OSError as error:
            self._end(connection, (error.strerror or str(error)).lower())

    def _queue(self, connection, data):
        if data:
            connection.out.append(memoryview(data))

    def _send(self, connection):
        budget = PIECE
        while connection.out and budget > 0:
            first = connection.out[0]
            count = connection.socket.send(first[:budget])
            self.counts["bytes_sent"] += count
            budget -= count
            if count == len(first):
                connection.out.popleft()
                if not connection.out:
                    self._queue(connection, connection.peer.sent())
            else:
                connection.out[0] = first[count:]

    def _watch(self, connection):
        fd = connection.socket.fileno()
        if fd < 0:
            return
        wanted = (select.EPOLLIN if connection.peer.reads else 0) | (select.EPOLLOUT if connection.out else 0)
        if not connection.peer.reads:
            wanted |= select.EPOLLRDHUP
        if wanted != connection.interest:
            connection.interest = wanted
            self.poll.modify(fd, wanted)

    def _tick(self, now):
        if getattr(self, "_looked", 0) > now - 0.05:
            return
        self._looked = now
        for connection in list(self.open.values()):
            if not connection.connected:
                if now - connection.begun > 10:
                    self._end(connection, "not accepted for 10 s")
                continue
            # One that reads nothing does not hear of an end that waits behind unread bytes.
            if not connection.peer.reads and now - connection.begun > MOST_LIFE_UNREAD:
                self._end(connection, "given up unread")
                continue
            if connection.next_tick is not None and connection.next_tick <= now and not connection.out:
                connection.next_tick = now + connection.peer.every
                self._queue(connection, connection.peer.tick())
                self._serve(connection, 0)

    def _end(self, connection, why):
        fd = connection.socket.fileno()
        if fd in self.open:
            del self.open[fd]
            self.poll.unregister(fd)
        connection.socket.close()
        if why:
            self.counts[f"ended: {why}"] += 1
            self.lives.append(time.monotonic() - connection.begun)
            self.ready_at.append((time.monotonic() + PAUSE_AFTER_END, connection.peer.number))
