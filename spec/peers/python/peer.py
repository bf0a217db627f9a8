"""The service of spec/conformance.md: peer.py listen PORT, or peer.py connect HOST PORT. Time-outs are short;
one word more, patient, makes them usual ones."""
import asyncio
import sys

import ends
import session
import yamux
from session import Session
from wire import *

PACKET = {"op": str, "n": int, "text": str, "data": bytes, "sender": 2, "receiver": 1, "bytes": 3, "input": 4,
          "output": 5, "reply": 2}
STREAMS = ("bytes", "input", "output")


async def collect(next_one, enough):
    """Takes what comes until it is enough, or ends, or fails: how that went, and what came."""
    found = []
    try:
        while not enough(found):
            if not (one := await next_one(found)):
                return {"op": "end"}, found
            found.append(one)
        return {"op": "ok"}, found
    except Reason as reason:
        return {"op": "failed", "n": reason.number}, found


async def do(peer, kept, command):
    """Does what the command says; the answer is a packet."""
    op, n, data, text = command["op"], command["n"] or 0, command["data"], command["text"]
    sender, receiver, stream, last = (kept.get(name) for name in ("sender", "receiver", "stream", "last"))
    if op == "echo":
        return {**command, "op": "ok", "reply": None}
    if op == "receive":
        done, found = await collect(lambda _: receiver.receive(PACKET), lambda found: len(found) == n)
        return {**done, "text": ",".join(str("" if packet["n"] is None else packet["n"]) for packet in found)}
    if op == "read":
        done, found = await collect(lambda found: stream.read(n - sum(map(len, found))),
                                    lambda found: sum(map(len, found)) == n)
        return {**done, "data": b"".join(found)}
    if op == "offer":
        end = await command["reply"].give(PACKET[text], n)
        kept[{"sender": "receiver", "receiver": "sender"}.get(text, "stream")] = kept["last"] = end
        return {"op": "ok", text: end}
    if op == "open":
        kept["sender"] = kept["last"] = await peer.open(text, 1024 if command["n"] is None else n)
    elif op == "send":
        for number in range(1, n + 1):
            await sender.send({"n": number, "data": data})
    elif op == "flush":
        await sender.flush()
    elif op == "write":
        for _ in range(n):
            await stream.write(data)
    elif op == "close" and last.kind < 3:
        sender.close(Reason(n))
    elif op == "close" and n or op == "cancel" and last.kind > 3:
        stream.reset(Reason(n or CANCELLED))
    elif op == "close":
        stream.put(end=True)
    elif op == "cancel" and last.kind == 3:
        stream.drop()
    elif op == "cancel":
        receiver.close(Reason(n or CANCELLED))
    return {"op": "ok"}


async def commands(peer, channel):
    kept = {}
    while True:
        try:
            command = await channel.receive(PACKET)
        except Reason as reason:
            if channel.outcome and not channel.queue:
                return
            continue
        if not command:
            return
        for name in ("sender", "receiver", *STREAMS) if command["op"] != "echo" else ():
            if command[name]:
                kept["stream" if name in STREAMS else name] = kept["last"] = command[name]
        reply = command["reply"]
        try:
            try:
                answer = await do(peer, kept, command)
                await reply.send(answer)
            except Exception as reason:
                await reply.send({"op": "failed", "n": getattr(reason, "number", FAILED)})
            reply.close()
        except Reason:
            pass
        if command["op"] == "leave":
            await peer.close()


async def serve(reader, writer, connecting=False):
    peer, tasks = Session(reader, writer, connecting), []
    while channel := await peer.accept("conformance"):
        tasks.append(asyncio.create_task(commands(peer, channel)))
    await peer.reading


async def main(role, *address):
    if "patient" not in address:
        session.REFERENCE = yamux.CLOSING = yamux.SILENCE = 1
        session.HANDSHAKE = yamux.KEEP_ALIVE = 2
    if role == "listen":
        server = await asyncio.start_server(serve, "127.0.0.1", int(address[0]))
        print("tcp://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()
    while True:
        await serve(*await asyncio.open_connection(*address[:2]), connecting=True)


asyncio.run(main(*sys.argv[1:]))
