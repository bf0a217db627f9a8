"""Reasons, headers and frames as bytes. Names such as CH-30 are rules of spec/protocol.md."""
import struct

(END, CANCELLED, FAILED, SESSION_CLOSED, CONNECTION_LOST, KEEPALIVE_TIMEOUT, PROTOCOL_ERROR, LIMIT, REFUSED,
 REF_NOT_FOUND, UNSUPPORTED, UNCLAIMED, DEADLINE, DRAINING, TYPE_MISMATCH, TRUNCATED) = range(16)
MAX_ELEMENTS, MAX_TEXT = 100_000, 1 << 19


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
        number, text = self.uint(4), str(self.take(self.uint(2)), "utf-8", "replace")
        _, hops = self.take(self.uint(2)), self.uint(1)
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
            take = self.uint if key in numbers else self.text if key in texts else self.take
            found[key] = take(size)
        return found
