package io.libchan.conformance.peer;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One command channel, and what it keeps.
 *
 * <p>Not thread-safe.
 */
final class Commands {
  private static final int USUAL_CAPACITY = 1_024;

  private final Session session;
  private @Nullable Sender<Packet> sender;
  private @Nullable Receiver<Packet> receiver;
  private @Nullable ByteStream bytes;
  private @Nullable InputStream input;
  private @Nullable OutputStream output;
  private boolean writesBytes; // the stream was kept after the sender
  private boolean readsBytes; // the stream was kept after the receiver

  Commands(Session session) {
    this.session = session;
  }

  /** Does what comes, to the end. */
  void serve(Receiver<Packet> commands) throws ChannelException, InterruptedException {
    while (true) {
      try {
        Packet command = commands.receive();
        if (command == null) {
          return;
        }
        answer(command);
      } catch (MessageRejected e) {
        // The next one may fit.
      }
    }
  }

  private void answer(Packet command) throws InterruptedException {
    Sender<Packet> reply = command.reply();
    if (reply == null) {
      return;
    }
    try (reply) {
      try {
        keep(command);
        reply.send(perform(command));
      } catch (ChannelException e) {
        reply.send(Packet.answer("failed", e.reason().number(), e.reason().message()));
      } catch (IOException | IllegalArgumentException e) {
        reply.send(Packet.answer("failed", ReasonCode.FAILED.number(), String.valueOf(e)));
      }
    } catch (ChannelException e) {
      // Nobody waits for the answer.
    }
    if ("leave".equals(command.op())) {
      session.close();
    }
  }

  private void keep(Packet command) {
    if ("echo".equals(command.op())) {
      return;
    }
    if (command.sender() != null) {
      keep(command.sender());
    }
    if (command.receiver() != null) {
      keep(command.receiver());
    }
    if (command.bytes() != null) {
      keep(command.bytes());
    }
    if (command.input() != null) {
      keep(command.input());
    }
    if (command.output() != null) {
      keep(command.output());
    }
  }

  private void keep(Sender<Packet> end) {
    sender = end;
    writesBytes = false;
  }

  private void keep(Receiver<Packet> end) {
    receiver = end;
    readsBytes = false;
  }

  private void keep(ByteStream end) {
    bytes = end;
    input = end.input();
    output = end.output();
    writesBytes = true;
    readsBytes = true;
  }

  private void keep(InputStream end) {
    bytes = null;
    input = end;
    output = null;
    readsBytes = true;
  }

  private void keep(OutputStream end) {
    bytes = null;
    input = null;
    output = end;
    writesBytes = true;
  }

  private Packet perform(Packet command) throws IOException, InterruptedException {
    return switch (command.op() == null ? "" : command.op()) {
      case "keep", "leave" -> Packet.ok();
      case "echo" -> echo(command);
      case "send" -> send(command);
      case "flush" -> flush();
      case "receive" -> receive(command.number());
      case "write" -> write(command);
      case "read" -> read(command.number());
      case "close" -> close(command.number());
      case "cancel" -> cancel(command.number());
      case "offer" -> offer(command.words(), (int) command.number());
      case "open" -> open(command);
      default -> Packet.answer("failed", ReasonCode.UNSUPPORTED.number(), "no such operation");
    };
  }

  private static Packet echo(Packet command) {
    return new Packet(
        "ok",
        command.n(),
        command.text(),
        command.data(),
        command.sender(),
        command.receiver(),
        command.bytes(),
        command.input(),
        command.output(),
        null);
  }

  private Packet send(Packet command) throws IOException, InterruptedException {
    Sender<Packet> to = kept(sender);
    for (long n = 1; n <= command.number(); n++) {
      to.send(Packet.answer("packet", n, command.bytesToSend()));
    }
    return Packet.ok();
  }

  private Packet flush() throws IOException, InterruptedException {
    kept(sender).flush();
    return Packet.ok();
  }

  private Packet receive(long count) throws IOException, InterruptedException {
    Receiver<Packet> from = kept(receiver);
    List<String> numbers = new ArrayList<>();
    try {
      while (numbers.size() < count) {
        Packet packet = from.receive();
        if (packet == null) {
          return Packet.answer("end", 0, String.join(",", numbers));
        }
        numbers.add(Long.toString(packet.number()));
      }
      return Packet.answer("ok", 0, String.join(",", numbers));
    } catch (ChannelException e) {
      return Packet.answer("failed", e.reason().number(), String.join(",", numbers));
    }
  }

  private Packet write(Packet command) throws IOException {
    OutputStream to = kept(output);
    for (long n = 0; n < command.number(); n++) {
      to.write(command.bytesToSend());
    }
    to.flush();
    return Packet.ok();
  }

  private Packet read(long count) throws IOException {
    InputStream from = kept(input);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      while (all.size() < count) {
        byte[] piece = new byte[(int) Math.min(count - all.size(), 65_536)];
        int read = from.read(piece);
        if (read < 0) {
          return Packet.answer("end", 0, all.toByteArray());
        }
        all.write(piece, 0, read);
      }
      return Packet.answer("ok", 0, all.toByteArray());
    } catch (ChannelException e) {
      return Packet.answer("failed", e.reason().number(), all.toByteArray());
    }
  }

  private Packet close(long number) throws IOException {
    if (writesBytes) {
      if (number > 0 && bytes != null) {
        bytes.reset(reason(number));
      } else {
        kept(output).close();
      }
    } else if (number > 0) {
      kept(sender).fail(reason(number));
    } else {
      kept(sender).close();
    }
    return Packet.ok();
  }

  private Packet cancel(long number) throws IOException {
    if (readsBytes) {
      kept(input).close();
    } else {
      kept(receiver).close(reason(number > 0 ? number : ReasonCode.CANCELLED.number()));
    }
    return Packet.ok();
  }

  private Packet offer(String field, int capacity) {
    ByteStream.Pair pair = ByteStream.pair();
    switch (field) {
      case "sender" -> {
        Channel<Packet> channel = Channel.of(Packet.class, capacity);
        keep(channel.receiver());
        return Packet.with(channel.sender());
      }
      case "receiver" -> {
        Channel<Packet> channel = Channel.of(Packet.class, capacity);
        keep(channel.sender());
        return Packet.with(channel.receiver());
      }
      case "bytes" -> {
        keep(pair.left());
        return Packet.with(pair.right());
      }
      case "input" -> {
        keep(pair.left().output());
        return Packet.with(pair.right().input());
      }
      case "output" -> {
        keep(pair.left().input());
        return Packet.with(pair.right().output());
      }
      default -> throw new IllegalArgumentException("no such field");
    }
  }

  private Packet open(Packet command) throws IOException, InterruptedException {
    int capacity = command.n() == null ? USUAL_CAPACITY : (int) command.number();
    keep(session.open(command.words(), Packet.class, capacity));
    return Packet.ok();
  }

  private static Reason reason(long number) {
    return new Reason((int) number, "as the tester asked", "", List.of());
  }

  private static <T> T kept(@Nullable T end) {
    if (end == null) {
      throw new IllegalArgumentException("nothing is kept for it");
    }
    return end;
  }
}
