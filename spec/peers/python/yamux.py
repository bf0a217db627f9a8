"""yamux in the strict profile of section 3."""
import asyncio, struct, time
from contextlib import suppress
from wire import *

DATA, UPDATE, PING, GO_AWAY = range(4)
SYN, ACK, FIN, RST = 1, 2, 4, 8
WINDOW, TURN, STREAMS, BUDGET = 262_144, 65_536, 64, 32 << 20
CLOSING, KEEP_ALIVE, SILENCE = 5, 30, 10  # time-outs in seconds


class Stream:
    """unread: how many bytes of whole messages wait; None where there are no messages. A failure becomes the
    outcome when all that arrived before is taken: CH-26."""
    failure, outcome, owed, unread = None, None, 0, 0
    eof = ending = ended = deaf = False
    reads = True

    def __init__(self, mux, id):
        self.mux, self.id, self.mine, self.since = mux, id, id % 2 == mux.connecting, time.monotonic()
        self.buffer, self.pending, self.window = bytearray(), bytearray(), WINDOW
        mux.streams[id] = self

    def put(self, data=b"", end=False):
        """Sends what the window allows, and the rest later."""
        if not self.ending:
            self.pending, self.ending = self.pending + data, end
        while size := min(len(self.pending), self.window, TURN):  # MUX-7, MUX-8
            self.mux.put(DATA, 0, self.id, data=self.pending[:size])
            self.window, self.pending = self.window - size, self.pending[size:]
        if self.ending and not self.ended and not self.pending:  # MUX-3
            self.ended = True
            self.mux.put(DATA, FIN, self.id)
        if self.ended and self.eof:
            self.mux.streams.pop(self.id, None)

    def credit(self):  # MUX-9, MUX-10: what is behind a whole message waits as well
        waiting = 0 if self.unread == 0 else (self.unread or 0) + len(self.buffer)
        if self.owed - waiting >= WINDOW // 2 and not self.eof:
            self.mux.put(UPDATE, 0, self.id, self.owed - waiting)
            self.owed = waiting

    async def ready(self, test):
        """Waits until the test holds; a failure before that is raised."""
        await self.mux.until(lambda: test() or self.outcome)
        if not test():
            raise self.outcome

    async def take(self, size):
        await self.mux.until(lambda: len(self.buffer) >= size or self.failed() or self.eof or self.credit())
        if len(self.buffer) < size:  # CH-22
            raise self.failed() or Reason(TRUNCATED, "the stream ended in its middle")
        data, self.buffer = bytes(self.buffer[:size]), self.buffer[size:]
        return data

    def reset(self, reason=Reason(CANCELLED)):  # MUX-5
        if self.id in self.mux.streams:
            self.mux.put(UPDATE, RST, self.id, reason.number)
            self.over(reason)

    def failed(self):
        return self.outcome or self.failure

    def over(self, reason):
        self.failure, self.ending, self.ended, self.pending = self.failed() or reason, True, True, bytearray()
        if self.unread is None:
            self.outcome = self.failure
        self.mux.streams.pop(self.id, None)

    def drop(self):
        """What has arrived, and still arrives, is dropped."""
        self.deaf, self.buffer, self.unread = True, bytearray(), 0


class Mux:
    """Who extends it has Stream, the class of its streams, opened(stream) for the peer's, and farewell()."""
    over = told = None
    left = pinged = False

    def __init__(self, reader, writer, connecting):
        self.reader, self.writer, self.connecting, self.heard = reader, writer, connecting, time.monotonic()
        self.streams, self.changed = {}, asyncio.Event()
        self.next_id, self.last_id = 1 if connecting else 2, 0
        self.reading = asyncio.create_task(self.read())

    def wake(self):
        self.changed.set()
        self.changed.clear()

    async def until(self, test, timeout=None):
        async def wait():
            while not test():
                await self.changed.wait()
        with suppress(TimeoutError):
            await asyncio.wait_for(wait(), timeout)

    def put(self, kind, flags, id, length=0, data=b""):
        if not self.left:
            self.writer.write(struct.pack(">BBHII", 0, kind, flags, id, length or len(data)) + data)

    def start(self):
        """Opens a stream, of which the preamble has to follow at once: MUX-1."""
        stream = self.Stream(self, self.next_id)
        self.next_id += 2
        self.put(UPDATE, SYN, stream.id)
        return stream

    def count(self, mine):
        return sum(s.mine == mine and s.kind != 0 for s in self.streams.values())

    async def read(self):
        try:
            while not self.over:
                version, kind, flags, id, length = struct.unpack(">BBHII", await self.reader.readexactly(12))
                check(version == 0 and kind <= GO_AWAY, "no frame of yamux")  # MUX-15
                check(kind != DATA or length <= WINDOW, "more than the window")  # MUX-7
                data = await self.reader.readexactly(length) if kind == DATA else b""
                self.heard, self.pinged = time.monotonic(), False
                for _ in range(4 if kind == GO_AWAY else 0):  # MUX-18: what came before is taken first
                    await asyncio.sleep(0)
                self.arrived(kind, flags, id, length, data)
                self.wake()
                check(self.writer.transport.get_write_buffer_size() < BUDGET, "unwritten: too much", LIMIT)
        except Reason as reason:
            self.finish(reason)
        except (OSError, EOFError):  # BYT-2
            self.finish(Reason(SESSION_CLOSED if self.left else CONNECTION_LOST, "the connection ended"))
        with suppress(OSError):
            while await self.reader.read(TURN):  # closing now would take away what the peer has not read yet
                pass
        self.writer.close()

    def arrived(self, kind, flags, id, length, data):
        stream, mine = self.streams.get(id), id % 2 == self.connecting
        if kind == PING:
            return self.put(PING, ACK, 0, length) if flags & SYN else None  # MUX-11
        if kind == GO_AWAY:  # MUX-13
            told = Reason(CONNECTION_LOST if length else SESSION_CLOSED, "GO_AWAY")  # MUX-18
            self.told = self.told or told
            return self.finish(told)
        if flags & SYN:
            check(not mine and id > self.last_id, "a stream id")  # MUX-14
            self.last_id = id
            if self.count(False) >= STREAMS:
                return self.put(UPDATE, RST, id, LIMIT)  # MUX-17
            self.put(UPDATE, ACK, id)  # MUX-2
            stream = self.Stream(self, id)
            stream.task = asyncio.create_task(self.opened(stream))
        if not stream:  # MUX-4, MUX-15
            return check(0 < id < self.next_id if mine else 0 < id <= self.last_id, "a stream never opened")
        if flags & RST:
            return stream.over(Reason(kind == UPDATE and length or TRUNCATED, "reset by the peer"))
        if kind == UPDATE:
            stream.window += length
            check(stream.window < 1 << 31, "a window that is too large")  # MUX-7
        else:
            stream.owed += length
            check(stream.owed <= WINDOW, "more than the window")
            check(not data or not stream.eof, "bytes behind FIN")  # MUX-19
            stream.buffer += b"" if stream.deaf else data
            if data and not stream.reads:  # CH-45
                return stream.reset(Reason(PROTOCOL_ERROR))
            held = {s: len(s.buffer) + (s.unread or 0) for s in self.streams.values()}
            if sum(held.values()) > BUDGET:  # LIM-2
                max(held, key=held.get).fail(Reason(LIMIT, "session-memory: too much is unread"))
        stream.eof = stream.eof or bool(flags & FIN)
        if stream.deaf:
            stream.credit()
        stream.put()

    def keep_alive(self):  # MUX-12
        silent = time.monotonic() - self.heard
        if silent > KEEP_ALIVE + SILENCE:
            self.finish(Reason(KEEPALIVE_TIMEOUT, "nothing was heard"))
        elif silent > KEEP_ALIVE and not self.pinged:
            self.pinged = True
            self.put(PING, SYN, 0)

    def leave(self, code):
        self.put(GO_AWAY, 0, 0, code)
        self.left = True

    async def close(self):  # MUX-13
        """Ends the session in good order, when everything is written."""
        await self.until(lambda: self.over or not any(s.pending for s in self.streams.values()), CLOSING)
        self.leave(0)
        await self.until(lambda: self.over, CLOSING)
        self.finish(Reason(SESSION_CLOSED, "closed"))

    def finish(self, reason):
        """Ends the session for a reason."""
        if self.over:
            return
        if not self.told and reason.number not in (SESSION_CLOSED, CONNECTION_LOST):
            self.farewell(reason)
        self.leave({SESSION_CLOSED: 0, PROTOCOL_ERROR: 1, LIMIT: 1}.get(reason.number, 2))
        self.over = self.told or reason
        for stream in list(self.streams.values()):
            stream.over(self.over)
        with suppress(OSError):
            self.writer.write_eof()
        asyncio.get_running_loop().call_later(CLOSING, self.writer.transport.abort)
        self.wake()
