"""What a stream carries: a channel's end (sections 5.2 and 5.3) or a byte stream's (5.4)."""
import struct
from msgpack import Extension, pack, unpack
from wire import *
from yamux import TURN, Stream

MAX_MESSAGE, MAX_ATTACHMENTS, MAX_REASON = 1 << 20, 32, 21_545
MESSAGE, CLOSE, FLUSH, WITHDRAW, ECHO, RECEIVED, CANCEL, WITHDRAWN = 16, 17, 18, 19, 20, 32, 33, 34
FORWARD = {MESSAGE: 2 + 9 * 65_535 + MAX_MESSAGE, CLOSE: MAX_REASON, FLUSH: 0, WITHDRAW: 8, ECHO: 8}
BACKWARD = {RECEIVED: 8, CANCEL: MAX_REASON, WITHDRAWN: 8}


class End(Stream):
    kind, receives = -1, False
    ref = parent = capacity = sent = acked = counted = received = told = 0
    flushed = -1

    def become(self, kind):
        """The kind of section 4 says what the end is here."""
        self.kind, self.queue, self.given = kind, [], set()
        self.receives, self.unread = (kind == 1) != self.mine, 0 if kind < 3 else None
        self.outcome = self.failure if kind > 2 else None
        self.reads = kind < 4 or (kind == 5) == self.mine
        if kind > 3 and self.reads:  # CH-42
            self.put(end=True)
        elif self.buffer and not self.reads:  # CH-45
            self.reset(Reason(PROTOCOL_ERROR))

    async def next_frame(self, limits):
        kind, size = struct.unpack(">BI", await self.take(5))
        check(kind in limits, f"a frame of kind {kind}")  # FRM-1
        number = LIMIT if kind == MESSAGE else PROTOCOL_ERROR
        check(size <= limits[kind], "message-bytes: a frame that is too long", number)  # FRM-2
        start = await self.take(min(size, 2)) if kind == MESSAGE else b""
        count = int.from_bytes(start, "big")
        check(size - 2 - 9 * count <= MAX_MESSAGE, "message-bytes: too long", LIMIT)  # CH-2
        check(count <= MAX_ATTACHMENTS, "attachments: too many", LIMIT)  # ATT-4
        return kind, Body(start + await self.take(size - len(start)))

    async def run(self):
        """Takes the frames of a channel as they arrive, until one side has ended it."""
        try:
            while not self.outcome:
                kind, body = await self.next_frame(FORWARD if self.receives else BACKWARD)
                self.arrived(kind, body)
                check(kind == MESSAGE or not body.rest, "a body with more than its fields")  # FRM-3
                self.mux.wake()
        except Reason as reason:
            self.outcome = self.outcome or self.failure
            if not self.ending:
                self.fail(reason)
        self.mux.wake()
        if self.receives:  # CH-27
            await self.mux.until(lambda: self.buffer or self.received >= self.counted)
            if self.buffer:  # CH-20
                self.fail(Reason(PROTOCOL_ERROR, "a frame behind CLOSE"))
            self.acknowledge(True)
        self.put(end=True)
        self.drop()

    def fail(self, reason):
        self.outcome = self.outcome or reason
        if self.kind > 2 or not self.receives:
            self.reset(reason)
        elif reason.number != TRUNCATED:  # CH-3, CH-26
            self.acknowledge(True)
            self.close(reason)

    def arrived(self, kind, body):
        if kind == MESSAGE:
            self.counted += 1
            check(self.counted - self.told <= max(1, self.capacity), "more than the capacity")  # CH-14
            self.queue.append(body)
            self.unread += len(body.rest)
        elif kind == CLOSE:
            self.outcome = body.reason()
        elif kind == CANCEL:  # CH-23
            self.outcome, self.pending = body.reason(), bytearray()
            check(self.outcome.number != END, "CANCEL with END")  # CTL-11
        elif kind == FLUSH:
            self.flushed = self.counted
            self.acknowledge()
        elif kind == WITHDRAW:  # CH-15
            check(body.uint(8) <= self.counted and not self.capacity, "an impossible WITHDRAW")
            self.received += len(self.queue)
            self.put(frame(WITHDRAWN if self.queue else RECEIVED, struct.pack(">Q", self.received)))
            self.queue, self.unread, self.told = [], 0, self.received
        elif kind == ECHO:  # FWD-17
            body.take(8)
        else:
            count = body.uint(8)
            check(self.acked <= count <= self.sent and kind == RECEIVED, "an impossible ACK")  # CH-13
            self.acked = count

    def acknowledge(self, now=False):  # CH-11, CH-12
        owed = self.received - self.told
        if owed and now or owed >= max(1, self.capacity // 2) or 0 <= self.flushed <= self.received:
            self.told, self.flushed = self.received, -1
            self.put(frame(RECEIVED, struct.pack(">Q", self.received)))

    async def receive(self, types):
        """The next message, with these fields; None at the end. A type is str, int, bytes, or a kind."""
        await self.ready(lambda: self.queue or self.outcome and self.outcome.number == END)
        if not self.queue:
            return None
        body, ends, fields = self.queue.pop(0), {}, {}
        size = len(body.rest)
        try:
            for index, (kind, ref) in enumerate([(body.uint(1), body.uint(8)) for _ in range(body.uint(2))]):
                ends[index] = await self.mux.claim(kind, ref, self.ref)
            message = unpack(body)
            check(not body.rest, "bytes after the value")  # COD-1
            check(isinstance(message, dict), "a message that is no map", TYPE_MISMATCH)  # COD-2
            for name, want in types.items():  # COD-10 to COD-12, ATT-5
                value = message.get(name)
                if isinstance(value, Extension) and value.type == 1 and isinstance(want, int):
                    value = ends.get(value.value)
                    check(value and value.kind == want and value not in fields.values(), name, TYPE_MISMATCH)
                else:
                    good = type(value) is want and (want is not int or value < 1 << 63)
                    check(value is None or good, name, TYPE_MISMATCH)
                fields[name] = value
        except Reason as reason:
            fields = {}
            if reason.number == PROTOCOL_ERROR:  # CH-25
                self.fail(reason)
            raise
        finally:
            for end in ends.values():  # ATT-6
                if end not in fields.values():
                    end.reset(Reason(UNCLAIMED))
            self.received, self.unread = self.received + 1, max(0, self.unread - size)
            self.acknowledge()
            self.credit()
            self.mux.wake()
        return fields

    async def give(self, kind, capacity=1024):
        """Opens a stream for a message that is sent here next (ATT-1), and answers this side's end of it."""
        await self.mux.place()
        end = self.mux.launch(kind, capacity, self.ref)
        self.given.add(end)
        return end

    async def send(self, fields):
        """Sends a map of text, integers, bytes, None, and what give() answered: the peer gets the other."""
        ends = [value for value in fields.values() if isinstance(value, End)]
        check(self.given.issuperset(ends), "an end that was not given here", UNSUPPORTED)  # FWD-17
        body = pack({k: Extension(1, ends.index(v)) if isinstance(v, End) else v for k, v in fields.items()})
        check(len(body) <= self.mux.allowed(6), "message-bytes: a longer message", LIMIT)  # CH-2
        check(len(ends) <= self.mux.allowed(8), "attachments: more than the peer takes", LIMIT)  # ATT-4
        await self.ready(lambda: not self.ending and self.sent - self.acked < max(1, self.capacity)
                         and len(self.pending) < TURN)  # CH-10
        self.given.difference_update(ends)
        table = b"".join(struct.pack(">BQ", end.kind, end.ref) for end in ends)
        self.sent += 1
        self.put(frame(MESSAGE, struct.pack(">H", len(ends)) + table + body))
        if not self.capacity:
            await self.acknowledged()

    async def acknowledged(self):
        number = self.sent
        await self.ready(lambda: self.acked >= number)

    async def flush(self):  # CH-12
        self.put(frame(FLUSH))
        await self.acknowledged()

    def close(self, reason=Reason(END)):  # CH-20, CH-23
        """Ends this side of a channel: a sender by CLOSE, a receiver by CANCEL."""
        self.outcome, self.queue, self.counted = self.outcome or reason, [], self.received
        self.put(frame(CANCEL if self.receives else CLOSE, reason.encode()), end=True)
        self.mux.wake()

    async def read(self, most=TURN):
        """Some bytes of a byte stream; none is the end."""
        await self.ready(lambda: self.buffer or self.eof)
        data, self.buffer = bytes(self.buffer[:most]), self.buffer[most:]
        self.credit()
        return data

    async def write(self, data):
        for at in range(0, len(data), TURN):
            await self.ready(lambda: not self.ending and len(self.pending) < TURN)
            self.put(data[at:at + TURN])
