package io.libchan.benchmarks;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * libchan over TCP or HTTP/2 as a user runs it: blocking handlers on threads of their own, default
 * options. Thread-safe where {@link Peer} asks for it.
 */
final class LibchanPeer implements Peer {
  private final BlockingQueue<Received> tallies = new LinkedBlockingQueue<>();
  private final Listener listener;
  private final Session session;

  /** A request that brings the channel for its answer. */
  record Request(Sample sample, Sender<Sample> reply) {}

  /** Brings a stream of bytes. */
  record Upload(ByteStream bytes) {}

  private LibchanPeer(String uri, String query) throws Exception {
    listener = Libchan.listen(uri, Options.DEFAULTS, this::serve);
    session = Libchan.connect(listener.uri() + query);
  }

  static Peer start() throws Exception {
    return new LibchanPeer("tcp://127.0.0.1:0", "");
  }

  /** Each stream is an HTTP/2 request of its own. */
  static Peer startHttp() throws Exception {
    return new LibchanPeer("http://127.0.0.1:0/libchan", "");
  }

  /** All streams share one HTTP/2 request. */
  static Peer startHttpSingle() throws Exception {
    return new LibchanPeer("http://127.0.0.1:0/libchan", "?carrier=single");
  }

  private void serve(Session peer) {
    Threads.named("libchan-serve-count").newThread(() -> acceptAll(() -> count(peer))).start();
    Threads.named("libchan-serve-bulk").newThread(() -> acceptAll(() -> read(peer))).start();
    Threads.named("libchan-serve-echo").newThread(() -> acceptAll(() -> echo(peer))).start();
    Threads.named("libchan-serve-answer").newThread(() -> acceptAll(() -> answer(peer))).start();
  }

  private interface Step {
    void run() throws Exception;
  }

  private static void acceptAll(Step step) {
    try {
      for (; ; ) {
        step.run();
      }
    } catch (IOException e) {
      // The session is over, and with it the service.
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void count(Session peer) throws Exception {
    Tally tally = new Tally();
    Receiver<Sample> samples = peer.accept("count", Sample.class);
    for (Sample sample = samples.receive(); sample != null; sample = samples.receive()) {
      tally.add(sample.id(), sample);
    }
    tallies.add(tally.received());
  }

  private void read(Session peer) throws Exception {
    Receiver<Upload> uploads = peer.accept("bulk", Upload.class);
    for (Upload upload = uploads.receive(); upload != null; upload = uploads.receive()) {
      Tally tally = new Tally(Chunks.COUNT);
      InputStream in = upload.bytes().input();
      byte[] chunk = new byte[Chunks.BYTES];
      while (in.readNBytes(chunk, 0, chunk.length) == chunk.length) {
        tally.add(Chunks.id(chunk), chunk);
      }
      tallies.add(tally.received());
    }
  }

  private static void echo(Session peer) throws Exception {
    Receiver<Request> requests = peer.accept("echo", Request.class);
    Request first = requests.receive();
    if (first == null) {
      return;
    }
    try (Sender<Sample> back = first.reply()) {
      back.send(first.sample());
      for (Request next = requests.receive(); next != null; next = requests.receive()) {
        back.send(next.sample());
      }
    }
  }

  private static void answer(Session peer) throws Exception {
    Receiver<Request> requests = peer.accept("answer", Request.class);
    for (Request next = requests.receive(); next != null; next = requests.receive()) {
      try (Sender<Sample> reply = next.reply()) {
        reply.send(next.sample());
      }
    }
  }

  @Override
  public OneWay oneWay() throws Exception {
    Sender<Sample> sender = session.open("count", Sample.class);
    return new OneWay() {
      @Override
      public void send(Sample sample) throws Exception {
        sender.send(sample);
      }

      @Override
      public Received end() throws Exception {
        sender.close();
        return tallies.take();
      }

      @Override
      public void close() {
        sender.close();
      }
    };
  }

  @Override
  public Bulk bulk() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    Sender<Upload> uploads = session.open("bulk", Upload.class);
    uploads.send(new Upload(pair.right()));
    OutputStream out = pair.left().output();
    return new Bulk() {
      @Override
      public void write(byte[] chunk) throws IOException {
        out.write(chunk);
      }

      @Override
      public Received end() throws Exception {
        out.close();
        return tallies.take();
      }

      @Override
      public void close() {
        pair.left().close();
        uploads.close();
      }
    };
  }

  @Override
  public PingPong pingPong() throws Exception {
    Sender<Request> there = session.open("echo", Request.class);
    Channel<Sample> back = Channel.of(Sample.class);
    return new PingPong() {
      private boolean begun;

      @Override
      public long exchange(Sample sample) throws Exception {
        there.send(new Request(sample, begun ? null : back.sender()));
        begun = true;
        Sample reply = back.receiver().receive();
        return reply == null ? -1 : reply.id();
      }

      @Override
      public void close() {
        there.close();
      }
    };
  }

  @Override
  public Opens opens() throws Exception {
    Sender<Request> requests = session.open("answer", Request.class);
    return new Opens() {
      @Override
      public long once(Sample sample) throws Exception {
        Channel<Sample> reply = Channel.of(Sample.class);
        requests.send(new Request(sample, reply.sender()));
        Sample answer = reply.receiver().receive();
        if (answer == null || reply.receiver().receive() != null) {
          return -1;
        }
        return answer.id();
      }

      @Override
      public void close() {
        requests.close();
      }
    };
  }

  @Override
  public void close() throws IOException {
    session.close();
    listener.close();
  }
}
