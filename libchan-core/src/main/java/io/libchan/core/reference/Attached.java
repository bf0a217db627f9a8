package io.libchan.core.reference;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.FileHandle;
import io.libchan.LimitExceeded;
import io.libchan.Reason;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.Pumps;
import io.libchan.spi.Codec;
import io.libchan.spi.Ends;
import io.libchan.spi.Moving;
import io.libchan.spi.OpenEnd;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.ReferenceCodec;
import io.libchan.spi.ReferenceCodec.Code;
import io.libchan.spi.SendPort;
import io.libchan.spi.StreamHeaders.Kind;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * The attachments of one message while it is encoded: taken out of the application's hands, then
 * either given back, or opened as streams and given away. Rules SPDY-9, SPDY-13.
 *
 * <p>Not thread-safe.
 */
final class Attached implements Codec.Attachments {
  private final ReferenceSession session;
  private final List<Item> items = new ArrayList<>(0);
  private List<Pipe> pipes = List.of();

  private record Item(Object end, Object moved, Code code, int reference) {}

  Attached(ReferenceSession session) {
    this.session = session;
  }

  @Override
  public int add(Object end) throws ChannelException {
    for (Item other : items) {
      if (other.end == end) {
        throw new IllegalArgumentException("attached twice to one message: " + end);
      }
    }
    int most = session.options().limits().maxAttachments();
    if (items.size() == most) {
      throw new LimitExceeded(Reason.limit("attachments", "more than " + most + " in a message"));
    }
    session.checkStreams(items.size() + 1);
    Item item = item(end);
    items.add(item);
    return ReferenceCodec.index(item.code, item.reference);
  }

  private Item item(Object end) throws ChannelException {
    if (end instanceof Sender<?> sender) {
      ReferenceSession.checkCapacity(sender.capacity());
      return item(end, Ends.move(end), Code.SENDER);
    }
    if (end instanceof Receiver<?> receiver) {
      ReferenceSession.checkCapacity(receiver.capacity());
      return item(end, Ends.move(end), Code.RECEIVER);
    }
    OpenEnd open = Ends.moveOpen(end);
    if (open != null) {
      return item(end, open, code(open.role()));
    }
    if (end instanceof ByteStream) {
      return item(end, Ends.move(end), Code.DUPLEX);
    }
    if (end instanceof InputStream) {
      return item(end, end, Code.READER);
    }
    if (end instanceof OutputStream) {
      return item(end, end, Code.WRITER);
    }
    String what = end instanceof FileHandle ? "not a file handle of ours: " : "not an attachment: ";
    throw new IllegalArgumentException(what + end.getClass());
  }

  private Item item(Object end, Object moved, Code code) throws ChannelException {
    return new Item(end, moved, code, session.nextReference());
  }

  private static Code code(Kind role) {
    return switch (role) {
      case BYTES_IN -> Code.WRITER;
      case BYTES -> Code.DUPLEX;
      default -> Code.READER;
    };
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  /** Opens a stream for each, before the message that names them is added. */
  void open(Pipe parent) throws ChannelException {
    pipes = new ArrayList<>(items.size());
    for (Item item : items) {
      Kind kind =
          switch (item.code) {
            case SENDER -> Kind.RECEIVING;
            case RECEIVER -> Kind.SENDING;
            default -> Kind.BYTES;
          };
      pipes.add(session.open(item.reference, parent.reference, kind));
    }
  }

  /** The message is on its way: the ends that stay go on with the streams. */
  void commit() {
    Executor pumps = session.options().pumps();
    for (int i = 0; i < items.size(); i++) {
      Object moved = items.get(i).moved;
      Pipe pipe = pipes.get(i);
      if (moved instanceof Moving.SenderEnd<?> end) {
        pipe.becomeReceiving();
        receive(end, pipe);
      } else if (moved instanceof Moving.ReceiverEnd<?> end) {
        pipe.becomeSending();
        send(end, pipe);
      } else if (moved instanceof Moving.BytesEnd end) {
        end.commit(pipe);
      } else if (moved instanceof OpenEnd end) {
        carry(pumps, end, pipe);
      } else if (moved instanceof InputStream input) {
        Pumps.in(pumps, input, pipe);
        pipe.becomeSending();
      } else if (moved instanceof OutputStream output) {
        Pumps.out(pumps, pipe, output);
        pipe.closeOutput();
      }
    }
  }

  private static void carry(Executor pumps, OpenEnd end, Pipe pipe) {
    boolean reads = end.input() != null;
    boolean writes = end.output() != null;
    Pumps.open(pumps, end, pipe);
    if (!reads) {
      pipe.closeOutput();
    }
    if (!writes) {
      pipe.becomeSending();
    }
  }

  private <T> void receive(Moving.SenderEnd<T> end, Pipe pipe) {
    ReceivePort<T> port = new ReceivingPort<>(session, pipe, end.type(), end.capacity());
    end.commit(port);
  }

  private <T> void send(Moving.ReceiverEnd<T> end, Pipe pipe) {
    SendPort<T> port = new SendingPort<>(session, pipe, end.type(), end.capacity());
    end.commit(port);
  }

  /** The application has everything back; streams that were opened end with this reason. */
  void undo(Reason reason) {
    pipes.forEach(pipe -> pipe.reset(reason));
    for (Item item : items) {
      if (item.moved instanceof Moving moving) {
        moving.undo();
      } else if (item.moved instanceof OpenEnd end) {
        end.undo();
      }
    }
  }
}
