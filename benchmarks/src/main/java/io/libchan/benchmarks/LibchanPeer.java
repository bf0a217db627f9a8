package io.libchan.benchmarks;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.FileHandle;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Sender;
import io.libchan.Session;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * libchan over any transport as a user runs it: blocking handlers on threads of their own. The
 * server is {@link LibchanService}. Thread-safe where {@link Peer} asks for it.
 */
final class LibchanPeer implements Peer {
  private static final int IN_FLIGHT = 160_000; // records of all channels: within the budget

  private final LibchanService service = new LibchanService();
  private final Listener listener;
  private final @Nullable HaproxyProcess proxy;
  private final Session session;

  /** A request that brings the channel for its answer. */
  record Request(Sample sample, @Nullable Sender<Sample> reply) {}

  /** Brings a stream of bytes. */
  record Upload(ByteStream bytes) {}

  /** A message of a given size. */
  record Blob(byte[] data) {}

  /** Brings an open file, and the channel for its length. */
  record Delivery(FileHandle file, Sender<Length> reply) {}

  /** What was read. */
  record Length(long bytes) {}

  private LibchanPeer(LibchanSetup setup) throws Exception {
    listener = Libchan.listen(setup.uri(), setup.server(), service::serve);
    proxy = setup.throughProxy() ? HaproxyProcess.before(listener.uri()) : null;
    String address = String.valueOf(proxy == null ? listener.uri() : proxy.uri());
    session = Libchan.connect(address + setup.query(), setup.client());
  }

  static Peer start(LibchanSetup setup) throws Exception {
    return new LibchanPeer(setup);
  }

  @Override
  public OneWay oneWay() throws Exception {
    return new Records(session.open("count", Sample.class));
  }

  @Override
  public List<OneWay> oneWays(int count) throws Exception {
    int capacity = Math.min(Channel.DEFAULT_CAPACITY, IN_FLIGHT / count);
    List<OneWay> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(new Records(session.open("streams", Sample.class, capacity)));
    }
    return all;
  }

  @Override
  public long receivedOnStreams() {
    return service.receivedOnStreams();
  }

  @Override
  public Echo echo() throws Exception {
    Sender<Request> there = session.open("echo", Request.class);
    Channel<Sample> back = Channel.of(Sample.class);
    return new Echo() {
      private boolean begun;

      @Override
      public void send(Sample sample) throws Exception {
        there.send(new Request(sample, begun ? null : back.sender()));
        begun = true;
      }

      @Override
      public long receive() throws Exception {
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
  public AutoCloseable idle(int count) throws Exception {
    Sender<Request> requests = session.open("keep", Request.class);
    List<Channel<Sample>> replies = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Channel<Sample> reply = Channel.of(Sample.class);
      replies.add(reply);
      requests.send(new Request(Samples.at(i), reply.sender()));
      Sample answer = reply.receiver().receive();
      Checks.sameId(Samples.at(i), answer == null ? -1 : answer.id());
    }
    return () -> {
      replies.forEach(reply -> reply.receiver().close());
      requests.close();
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
        return service.nextTally();
      }

      @Override
      public void close() {
        pair.left().close();
        uploads.close();
      }
    };
  }

  @Override
  public Bulk messages(int bytes) throws Exception {
    Sender<Blob> sender = session.open("messages", Blob.class);
    return new Bulk() {
      @Override
      public void write(byte[] chunk) throws Exception {
        sender.send(new Blob(chunk));
      }

      @Override
      public Received end() throws Exception {
        sender.close();
        return service.nextTally();
      }

      @Override
      public void close() {
        sender.close();
      }
    };
  }

  @Override
  public FileSender files() throws Exception {
    Sender<Delivery> sender = session.open("files", Delivery.class);
    return new FileSender() {
      @Override
      public long send(Path file) throws Exception {
        Channel<Length> reply = Channel.of(Length.class);
        sender.send(new Delivery(FileHandle.open(file), reply.sender()));
        Length read = reply.receiver().receive();
        return read == null ? -1 : read.bytes();
      }

      @Override
      public void close() {
        sender.close();
      }
    };
  }

  @Override
  public void close() throws IOException {
    session.close();
    if (proxy != null) {
      proxy.close();
    }
    listener.close();
    service.close();
  }

  private final class Records implements OneWay {
    private final Sender<Sample> sender;

    Records(Sender<Sample> sender) {
      this.sender = sender;
    }

    @Override
    public void send(Sample sample) throws Exception {
      sender.send(sample);
    }

    @Override
    public Received end() throws Exception {
      sender.close();
      return service.nextTally();
    }

    @Override
    public void close() {
      sender.close();
    }
  }
}
