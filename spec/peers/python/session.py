"""A session: preambles (section 4) and the control stream (5.1)."""
import asyncio, struct, time
from ends import MAX_ATTACHMENTS, MAX_MESSAGE, MAX_REASON, End
from wire import *
from yamux import STREAMS, Mux

HELLO, DRAIN, SESSION_END, JOINED, DESCRIPTORS = range(1, 6)
CONTROL = {HELLO: 16_384, DRAIN: 0, SESSION_END: MAX_REASON, JOINED: 16, DESCRIPTORS: 8}
BACKLOG, HANDSHAKE, REFERENCE = 16, 5, 10


class Session(Mux):
    Stream, control, hello, draining = End, None, None, False

    def __init__(self, reader, writer, connecting):
        super().__init__(reader, writer, connecting)
        self.refs, self.backlog = {}, []  # the peer's references, with the stream that no message has named yet
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
            kind, end.ref, found = body.uint(1), body.uint(8), body.headers()
            end.capacity, end.parent = (int.from_bytes(found.get(key, b""), "big") for key in (3, 4))
            check(end.capacity <= 1 << 20, "a capacity")
            good = 0 < end.ref < 1 << 63 and end.ref % 2 != self.connecting and end.ref not in self.refs
            check(good and (kind == 0) == (not self.control), "a reference, or a control stream")  # PRE-3, PRE-5
        except Reason as reason:
            return None if end.outcome else self.finish(Reason(PROTOCOL_ERROR, reason.text))
        end.capacity = end.capacity if 3 in found else 1024
        self.refs[end.ref] = end if end.parent else None
        self.control = self.control or end
        self.begin(end, kind)
        if max(found, default=0) > 127 or kind > 6 or kind > 1 and not end.parent:  # PRE-4, PRE-6
            end.reset(Reason(UNSUPPORTED))
        elif 0 < kind < 3 and found.get(2) != b"msgpack":  # PRE-9
            end.reset(Reason(UNSUPPORTED))
        elif kind and not end.parent and len(self.backlog) >= BACKLOG:  # PRE-7
            end.close(Reason(LIMIT, "backlog: too many channels that nobody accepts"))
        elif kind and not end.parent:
            self.backlog.append((str(found.get(1, b""), "utf-8", "replace"), end))
        self.wake()

    async def claim(self, kind, ref, parent):
        """The end that a message names: ATT-2, ATT-3."""
        check(0 < kind <= 6 and ref % 2 != self.connecting, "a reference that is not the sender's")
        await self.until(lambda: ref in self.refs or self.over, REFERENCE)
        check(ref in self.refs, "a stream that did not arrive", REF_NOT_FOUND)
        end, self.refs[ref] = self.refs[ref], None
        check(end and (end.kind, end.parent) == (kind, parent), "a reference to something else")
        return end

    async def serve(self, control):
        try:
            while True:
                kind, body = await control.next_frame(CONTROL)
                check(kind == SESSION_END or (kind == HELLO) == (not self.hello), "HELLO")  # CTL-1
                if kind == HELLO:
                    hello = body.headers()
                    check(hello.get(1) == b"1", "another version", UNSUPPORTED)  # CTL-3
                    self.hello = hello
                    if not self.connecting:
                        self.greet()
                elif kind == SESSION_END:
                    self.told = body.reason()
                self.draining |= kind == DRAIN  # JOINED is ignored: FWD-17
                check(kind != DESCRIPTORS or not body.uint(8), "descriptors that were not sent")  # FD-7
                self.wake()
        except Reason as reason:  # CTL-9
            ended = control.eof or control.outcome
            self.finish(Reason(PROTOCOL_ERROR, "the control stream ended") if ended else reason)

    def greet(self):
        limits = {5: STREAMS, 6: MAX_MESSAGE, 8: MAX_ATTACHMENTS}
        numbers = b"".join(header(key, struct.pack(">I", value)) for key, value in limits.items())
        self.control.put(frame(HELLO, header(1, b"1") + header(2, b"python") + header(4, b"msgpack") + numbers))

    def farewell(self, reason):  # CTL-5
        if self.control:
            self.control.put(frame(SESSION_END, reason.encode()))

    def allowed(self, key):
        return int.from_bytes(self.hello.get(key, b"\x40"), "big")

    async def place(self):  # CTL-7
        await self.until(lambda: self.over or self.count(True) < self.allowed(5))
        if self.over:
            raise self.over

    async def open(self, name="", capacity=1024):
        await self.place()
        check(not self.draining, "the peer drains", DRAINING)  # CTL-4
        check(b"msgpack" in self.hello.get(4, b"").split(b","), "the peer has no msgpack", UNSUPPORTED)
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
            for end in list(self.streams.values()):  # PRE-8
                parent = next((s for s in self.streams.values() if s.ref == end.parent), None)
                if parent and (parent.unread or parent.buffer):
                    end.since = now
                elif self.refs.get(end.ref) is end and now - end.since > REFERENCE:
                    end.reset(Reason(UNCLAIMED))
