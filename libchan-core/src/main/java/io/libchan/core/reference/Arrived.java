package io.libchan.core.reference;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.spi.Codec;
import io.libchan.spi.Ends;
import io.libchan.spi.ReferenceCodec;
import io.libchan.spi.ReferenceCodec.Code;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * A message that arrived and was not decoded yet, with the streams that it names. Belongs to the
 * port that it came to, then to the thread that decodes it.
 *
 * <p>Not thread-safe.
 */
final class Arrived implements Codec.Claims {
  private static final Reason UNCLAIMED =
      Reason.of(ReasonCode.UNCLAIMED, "SPDY-15: nobody took the attachment");

  private final byte[] bytes;
  final Named[] named;
  private @Nullable ReferenceSession session;

  Arrived(byte[] bytes, Named[] named) {
    this.bytes = bytes;
    this.named = named;
  }

  /** Decodes; what is not taken is released. Rule SPDY-15. */
  Object decode(ReferenceSession of, Codec.Format format) throws ChannelException {
    session = of;
    boolean done = false;
    try {
      for (Named one : named) {
        if (one.missing) {
          throw new MessageRejected(
              Reason.of(
                  ReasonCode.REF_NOT_FOUND,
                  "SPDY-14: stream " + one.reference + " never came, or is in use"));
        }
      }
      Object message = format.decode(bytes, 0, bytes.length, this);
      done = true;
      return message;
    } finally {
      for (Named one : named) {
        one.taken &= done; // nobody gets a message that failed, nor its ends
      }
      release(UNCLAIMED);
    }
  }

  /** Ends the streams that nobody took. */
  void release(Reason reason) {
    for (Named one : named) {
      Pipe pipe = one.pipe;
      if (pipe != null && !one.taken) {
        pipe.reset(reason);
      }
    }
  }

  @Override
  public Object take(int index, Class<?> as, @Nullable Type element) throws ChannelException {
    Code code = ReferenceCodec.code(index);
    int reference = ReferenceCodec.reference(index);
    for (Named one : named) {
      if (one.reference == reference && one.code == code && !one.taken) {
        Pipe pipe = one.pipe;
        Object end = pipe == null ? null : end(pipe, code, as, element);
        if (end == null) {
          throw rejected("stream " + reference + " is a " + code + ", not a " + as.getName());
        }
        one.taken = true;
        return end;
      }
    }
    throw rejected("SPDY-14: stream " + reference + " was taken already");
  }

  private static MessageRejected rejected(String what) {
    return new MessageRejected(Reason.of(ReasonCode.TYPE_MISMATCH, what));
  }

  private @Nullable Object end(Pipe pipe, Code code, Class<?> as, @Nullable Type element) {
    ReferenceSession here = session;
    if (here == null) {
      return null;
    }
    Type type = element == null ? Object.class : element;
    return switch (code) {
      case SENDER -> {
        if (!as.isAssignableFrom(Sender.class)) {
          yield null;
        }
        pipe.becomeSending();
        yield Ends.sender(
            new SendingPort<Object>(here, pipe, type, io.libchan.Channel.DEFAULT_CAPACITY));
      }
      case RECEIVER -> {
        if (!as.isAssignableFrom(Receiver.class)) {
          yield null;
        }
        pipe.becomeReceiving();
        yield Ends.receiver(
            new ReceivingPort<Object>(here, pipe, type, io.libchan.Channel.DEFAULT_CAPACITY));
      }
      default -> bytes(pipe, code, as);
    };
  }

  /** The half that has no user ends at once, so that the peer waits for nothing. Rule SPDY-16. */
  private static @Nullable Object bytes(Pipe pipe, Code code, Class<?> as) {
    boolean any = as == Object.class;
    boolean reads = code != Code.WRITER;
    boolean writes = code != Code.READER;
    if (reads && (as == InputStream.class || (any && !writes))) {
      pipe.closeOutput();
      return Ends.byteStream(pipe).input();
    }
    if (writes && (as == OutputStream.class || (any && !reads))) {
      pipe.becomeSending();
      return Ends.byteStream(pipe).output();
    }
    if (!as.isAssignableFrom(ByteStream.class)) {
      return null;
    }
    if (!writes) {
      pipe.closeOutput();
    }
    return Ends.byteStream(pipe);
  }
}
