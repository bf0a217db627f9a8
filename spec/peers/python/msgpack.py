"""msgpack: section 6."""
import struct
from collections import namedtuple
from wire import *

MAX_DEPTH = 64
Extension = namedtuple("Extension", "type value")  # type 1 is an attachment, its value the index
FORMS = dict(zip(range(0xC4, 0xE0), "BHI BHI fd BHIQ bhiq ----- BHI HI HI".replace(" ", "")))


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
