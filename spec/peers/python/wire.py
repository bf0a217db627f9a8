"""Reasons and bodies, and msgpack (section 6). Names such as CH-30 are rules of spec/protocol.md."""
import struct
from collections import namedtuple

(END, CANCELLED, FAILED, SESSION_CLOSED, CONNECTION_LOST, KEEPALIVE_TIMEOUT, PROTOCOL_ERROR, LIMIT, REFUSED,
 REF_NOT_FOUND, UNSUPPORTED, UNCLAIMED, DEADLINE, DRAINING, TYPE_MISMATCH, TRUNCATED) = range(16)
MAX_DEPTH, MAX_ELEMENTS, MAX_TEXT = 64, 100_000, 1 << 19
Extension = namedtuple("Extension", "type value")  # type 1 is an attachment, its value the index
FORMS = dict(zip(range(0xC4, 0xE0), "BHI BHI fd BHIQ bhiq ----- BHI HI HI".replace(" ", "")))


class Reason(Exception):
    """Why something ended: CH-30. A leaf has no use for origin and hops."""
    def __init__(self, number, text=""):
        super().__init__(number, text)
        self.number, self.text = number, text

    def encode(self):
        return struct.pack(">IH", self.number, len(self.text.encode())) + self.text.encode() + bytes(3)


def check(good, text, number=PROTOCOL_ERROR):
    if not good:
        raise Reason(number, text)


def header(key, value):
    return struct.pack(">BH", key, len(value)) + value


def frame(kind, body=b""):
    return struct.pack(">BI", kind, len(body)) + body


class Body:
    """Bytes that are taken from the front."""
    def __init__(self, data):
        self.rest, self.elements = memoryview(data), MAX_ELEMENTS

    def take(self, size):
        check(size <= len(self.rest), "more is announced than there is")  # COD-7
        check(size <= MAX_TEXT, "string-bytes: a longer value", LIMIT)  # COD-6
        data, self.rest = bytes(self.rest[:size]), self.rest[size:]
        return data

    def uint(self, size):
        return int.from_bytes(self.take(size), "big")

    def text(self, size):
        try:
            return str(self.take(size), "utf-8")
        except UnicodeDecodeError:
            raise Reason(PROTOCOL_ERROR, "text that is not UTF-8") from None

    def reason(self):
        number, text, _ = self.uint(4), str(self.take(self.uint(2)), "utf-8", "replace"), self.take(self.uint(2))
        hops = self.uint(1)
        check(hops <= 16, "a reason with more hops")
        for _ in range(hops):
            self.take(self.uint(2))
        return Reason(number, text)

    def headers(self, numbers, texts):
        """Known are numbers, with the bytes that they have, and texts, with the bytes that they may have."""
        found = {}
        while self.rest:
            key, size = self.uint(1), self.uint(2)
            known = numbers.get(key) == size or texts.get(key, -1) >= size
            check(known and key not in found or key not in {**numbers, **texts}, "a header")  # PRE-2, CTL-10
            found[key] = self.uint(size) if key in numbers else self.text(size) if key in texts else self.take(size)
        return found


def pack(value):
    """msgpack, in its longest forms, which are right as well."""
    if isinstance(value, dict):
        return struct.pack(">BI", 0xDF, len(value)) + b"".join(pack(k) + pack(v) for k, v in value.items())
    if isinstance(value, Extension):  # COD-8
        return struct.pack(">BBH", 0xD5, value.type, value.value)
    if isinstance(value, int):
        return struct.pack(">Bq", 0xD3, value)
    if isinstance(value, str):
        return struct.pack(">BI", 0xDB, len(value.encode())) + value.encode()
    return b"\xc0" if value is None else struct.pack(">BI", 0xC6, len(value)) + value


def unpack(body, depth=0):
    """The next value of the body."""
    code = body.uint(1)
    if code < 0x80 or code >= 0xE0:
        return code if code < 0x80 else code - 256
    if 0xC0 <= code <= 0xC3:
        check(code != 0xC1, "a reserved code")
        return {0xC0: None, 0xC2: False, 0xC3: True}[code]
    if code < 0xC0:  # what holds its size goes on as the longest form of its kind
        code, size = (0xDB, code & 31) if code >= 0xA0 else (0xDF if code < 0x90 else 0xDD, code & 15)
    elif 0xD4 <= code <= 0xD8:
        code, size = 0xC9, 1 << code - 0xD4
    else:
        form = ">" + FORMS[code]
        size, = struct.unpack(form, body.take(struct.calcsize(form)))
    if 0xCA <= code <= 0xD3:
        return size
    if code <= 0xC6:
        return body.take(size)
    if code <= 0xC9:
        kind, data = body.uint(1), body.take(size)
        check(kind != 1 or size == 2, "an attachment of another size")  # COD-8
        return Extension(kind, int.from_bytes(data, "big"))
    if code <= 0xDB:
        return body.text(size)
    body.elements -= size
    check(size <= len(body.rest), "more is announced than there is")  # COD-7
    check(depth < MAX_DEPTH, "depth: more levels", LIMIT)  # COD-4
    check(body.elements >= 0, "elements: more of them", LIMIT)  # COD-5
    if code <= 0xDD:
        return [unpack(body, depth + 1) for _ in range(size)]
    found = {}
    for _ in range(size):
        key, value = unpack(body, depth + 1), unpack(body, depth + 1)
        check(isinstance(key, str), "a key that is not text", TYPE_MISMATCH)  # COD-17
        check(key not in found, "a key twice")  # COD-3
        found[key] = value
    return found
