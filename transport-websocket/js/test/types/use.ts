// Compiled, never run: how the package is used, and what must not compile.
import {
  ByteStream, ChannelError, type Receiver, Reason, ReasonCode, type Sender, type Session, channel, connect,
} from 'libchan';

interface Status {
  code: number;
  text: string;
}

interface Job {
  name: string;
  input: ReadableStream<Uint8Array>;
  done: Sender<Status>;
}

export async function use(signal: AbortSignal): Promise<number> {
  const session: Session = await connect('wss://example.org/jobs', { node: 'page', signal, limits: { maxStreams: 10 } });
  const jobs = await session.open<Job>('jobs', { capacity: 4 });
  const { sender, receiver } = channel<Status>();
  await jobs.send({ name: 'report', input: new Blob(['x']).stream(), done: sender }, { signal });
  const first: Status | null = await receiver.receive({ signal });
  for await (const status of receiver) {
    console.log(status.text);
  }
  const polled: Status | null | undefined = receiver.poll();
  const accepted: Receiver<{ stream: ByteStream }> = await session.accept('streams');
  const message = await accepted.receive();
  message?.stream.reset(Reason.of('CANCELLED', 'enough'));
  const [mine, theirs] = ByteStream.pair();
  await mine.writable.getWriter().write(new Uint8Array(1));
  theirs.reset();
  try {
    await jobs.flush({ signal });
  } catch (error) {
    if (error instanceof ChannelError && error.number === ReasonCode.LIMIT) {
      console.log(error.code, error.reason.message, error.origin, error.hops.length);
    }
  }
  sender.fail('no');
  receiver.close();
  const why: Reason = await session.closed;
  await session.drain(100);
  await session.close();
  session.abort(why);
  // @ts-expect-error: a job has a name
  await jobs.send({ input: new Blob().stream(), done: sender });
  // @ts-expect-error: null is the end, no message
  await channel<string>().sender.send(null);
  return (first?.code ?? 0) + (polled?.code ?? 0);
}
