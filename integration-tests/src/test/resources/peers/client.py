"""An application on the port: does with the service that is at the other end of a channel what line 4 asks for."""
import asyncio, sys
from session import Session
from wire import Reason

PACKET = {"op": str, "n": int, "text": str, "data": bytes, "sender": 2, "receiver": 1, "bytes": 3, "input": 4,
          "output": 5, "reply": 2}
PART = bytes(range(250)) * 200


async def main():
    session = Session(*await asyncio.open_connection("127.0.0.1", int(sys.argv[1])), True)
    await session.until(lambda: session.hello)
    commands = await session.open("pass", 8)

    async def ask(**command):
        reply = await commands.give(2, 1)
        await commands.send({**command, "reply": reply})
        answer = await reply.receive(PACKET)
        assert await reply.receive(PACKET) is None
        return answer

    async def items(sender):
        for number in range(1, 201):
            await sender.send({"n": number, "data": PART[:2000]})
        await sender.flush()
        sender.close()

    sender = await commands.give(1, 4)
    sending = asyncio.create_task(items(sender))
    answer = await ask(op="receive", n=200, receiver=sender)
    assert answer["op"] == "ok" and answer["text"] == ",".join(map(str, range(1, 201))), answer
    await sending
    assert (await ask(op="receive", n=1))["op"] == "end"

    receiver = (await ask(op="offer", text="receiver", n=4))["receiver"]
    sent = asyncio.create_task(ask(op="send", n=200, data=PART))
    for number in range(1, 201):
        assert (await receiver.receive(PACKET))["n"] == number
    assert (await sent)["op"] == "ok"
    await ask(op="close", n=70000)
    try:
        raise AssertionError(await receiver.receive(PACKET))
    except Reason as reason:
        assert reason.number == 70000, reason

    stream = await commands.give(3)
    wrote = asyncio.create_task(ask(op="write", n=20, data=PART, bytes=stream))
    got = b""
    while len(got) < 20 * len(PART):
        got += await stream.read()
    assert got == 20 * PART
    await wrote
    await ask(op="close", n=0)
    assert await stream.read() == b""

    stream = (await ask(op="offer", text="output"))["output"]

    async def write():
        for _ in range(20):
            await stream.write(PART)
        stream.put(end=True)
    writing = asyncio.create_task(write())
    for _ in range(20):
        assert (await ask(op="read", n=len(PART)))["data"] == PART
    await writing
    assert (await ask(op="read", n=1))["op"] == "end"
    await session.close()
    print("done", flush=True)


asyncio.run(main())
