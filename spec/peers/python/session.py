"""A session: preambles (section 4) and the control stream (5.1)."""
import asyncio, struct, time
from ends import MAX_ATTACHMENTS, MAX_MESSAGE, MAX_REASON, End
from wire import *
from yamux import STREAMS, Mux

HELLO, DRAIN, SESSION_END, JOINED, DESCRIPTORS = range(1, 6)
CONTROL = {HELLO: 16_384, DRAIN: 0, SESSION_END: MAX_REASON, JOINED: 16, DESCRIPTORS: 8}
BACKLOG, HANDSHAKE, REFERENCE = 16, 5, 10
PREAMBLE = {3: 4, 4: 8}, dict.fromkeys((1, 2, 5, 6, 8), 8192)
GREETING = {5: 4, 6: 4, 8: 4, 9: 4}, {1: 99, 2: 1024, 3: 1024, 4: 16_384}


class Session(Mux):
    Stream, control, hello, draining = End, None, None, False

    def __init__(self, reader, writer, connecting):
        super().__init__(reader, writer, connecting)
        self.waiting, self.backlog = {}, []  # by reference: ends that no message named; and channels
        self.watching = asyncio.create_task(self.watch())
        if connecting:  # PRE-5
            self.control = self.launch(0)
            self.greet()

    def launch(self, kind, capacity=0, parent=0, more=b""):
        """Opens a stream of a kind; its id is its reference as well: PRE-1."""
        end = self.start()
        end.ref, end.capacity, end.parent = end.id, capacity, parent
        more += header(2, b"msgpack") + header(3, struct.pack(">I", capacity)) if 0 < kind < 3 else b""
        preamble = struct.pack(">BQ", kind, end.ref) + more + header(4, struct.pack(">Q", parent))
        end.put(struct.pack(">H", len(preamble)) + preamble)
        self.begin(end, kind)
        return end

    def begin(self, end, kind):
        end.become(kind)
        if kind < 3:
            end.task = asyncio.create_task(end.run() if kind else self.serve(end))

    async def opened(self, end):
        try:
            size = int.from_bytes(await end.take(2), "big")
            check(size <= 8192, "a preamble that is too long")  # PRE-2
            body = Body(await end.take(size))
            kind, ref, found = body.uint(1), body.uint(8), body.headers(*PREAMBLE)
            end.capacity, end.parent = found.get(3, 1024), found.get(4, 0)
            check(end.capacity <= 1 << 20, "a capacity")
            check(0 < ref < 1 << 63 and self.theirs(ref) and not self.known(ref), "a reference")  # PRE-3
            check((kind == 0) == (not self.control) and (ref == 1 or kind), "a control stream")  # PRE-5
            check(not kind or self.connecting or self.hello, "a stream before HELLO")  # CTL-1
        except Reason as reason:
            return None if end.failure else self.finish(Reason(PROTOCOL_ERROR, reason.text))
        self.control, end.ref = self.control or end, ref
        self.begin(end, kind)
        if end.parent:
            self.waiting[ref] = end
        if max(found, default=0) > 127 or kind > 6 or kind > 1 and not end.parent:  # PRE-4, PRE-6
            end.reset(Reason(UNSUPPORTED))
        elif 0 < kind < 3 and found.get(2) != "msgpack":  # PRE-9
            end.reset(Reason(UNSUPPORTED))
        elif len(self.waiting) > 1024:  # ATT-10
            self.waiting.pop(ref).reset(Reason(LIMIT))
        elif kind and not end.parent and len(self.backlog) >= BACKLOG:  # PRE-7
            end.close(Reason(LIMIT, "backlog: too many channels that nobody accepts"))
        elif kind and not end.parent:
            self.backlog.append((found.get(1, ""), end))
        self.wake()

    def theirs(self, ref):
        return ref % 2 != self.connecting

    def known(self, ref):
        return ref in self.waiting or any(s.ref == ref for s in self.streams.values())

    async def claim(self, kind, ref, parent):
        """The end that a message names: ATT-2, ATT-3."""
        check(0 < kind <= 6 and self.theirs(ref), "a reference that is not the sender's")
        await self.until(lambda: self.known(ref), REFERENCE)
        check(self.known(ref), "a stream that did not arrive", REF_NOT_FOUND)
        end = self.waiting.pop(ref, None)
        check(end and (end.kind, end.parent) == (kind, parent), "a reference to something else")
        return end

    async def serve(self, control):
        try:
            while True:
                kind, body = await control.next_frame(CONTROL)
                check(kind == SESSION_END or (kind == HELLO) == (not self.hello), "HELLO")  # CTL-1
                if kind == HELLO:
                    hello = body.headers(*GREETING)
                    check(hello.get(1) == "1", "another version", UNSUPPORTED)  # CTL-3
                    self.hello = hello
                    if not self.connecting:
                        self.greet()
                elif kind == SESSION_END:
                    self.told = body.reason()
                    check(self.told.number != END, "SESSION_END with END")  # CTL-11
                elif kind == DESCRIPTORS:
                    check(not body.uint(8), "descriptors that were not sent")  # FD-7
                elif kind == JOINED:  # FWD-17
                    body.take(16)
                self.draining |= kind == DRAIN
                check(not body.rest, "a body with more than its fields")  # FRM-3
                self.wake()
        except Reason as reason:  # CTL-9
            ended = control.eof or control.failure
            self.finish(Reason(PROTOCOL_ERROR, "the control stream ended") if ended else reason)

    def greet(self):
        headers = {1: b"1", 2: b"python", 4: b"msgpack"}
        for key, limit in ((5, STREAMS), (6, MAX_MESSAGE), (8, MAX_ATTACHMENTS)):
            headers[key] = struct.pack(">I", limit)
        self.control.put(frame(HELLO, b"".join(header(key, value) for key, value in headers.items())))

    def farewell(self, reason):  # CTL-5
        if self.control:
            self.control.put(frame(SESSION_END, reason.encode()))

    def allowed(self, key):
        return self.hello.get(key, 0)

    async def place(self):  # CTL-7
        await self.until(lambda: self.over or self.count(True) < self.allowed(5))
        if self.over:
            raise self.over

    async def open(self, name="", capacity=1024):
        await self.place()
        check(not self.draining, "the peer drains", DRAINING)  # CTL-4
        check("msgpack" in self.hello.get(4, "").split(","), "the peer has no msgpack", UNSUPPORTED)
        return self.launch(1, capacity, 0, header(1, name.encode()))

    async def accept(self, name=""):
        """The next channel that the peer opened with that name; None when the session is over."""
        found = []
        await self.until(lambda: self.over or found.extend(e for e in self.backlog if e[0] == name) or found)
        if not found:
            return None
        self.backlog.remove(found[0])
        return found[0][1]

    async def watch(self):
        begun = time.monotonic()
        while not self.over:
            await asyncio.sleep(0.1)
            now = time.monotonic()
            self.keep_alive()
            if not self.hello and now - begun > HANDSHAKE:  # CTL-6
                self.finish(Reason(DEADLINE, "no HELLO"))
            for ref, end in list(self.waiting.items()):  # PRE-8
                parent = next((s for s in self.streams.values() if s.ref == end.parent), end)
                if parent.unread or parent.buffer and parent is not end:
                    end.since = now
                elif now - end.since > REFERENCE:
                    self.waiting.pop(ref).reset(Reason(UNCLAIMED))
