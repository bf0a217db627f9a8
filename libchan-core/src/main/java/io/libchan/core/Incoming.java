package io.libchan.core;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.spi.Codec;
import io.libchan.spi.Ends;
import io.libchan.spi.StreamHeaders.Kind;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A message that arrived and was not decoded yet, with the streams that it names.
 *
 * <p>Thread-safe: the attachments are guarded by the session's references until the message is
 * taken, then it is the receiving thread's own.
 */
final class Incoming implements Codec.Claims {
  private static final Named[] NONE = new Named[0];

  private final byte[] body;
  private final int offset;
  private final int credit;
  private final Named[] named;

  /** One attachment. */
  static final class Named {
    final Kind kind;
    final long reference;
    volatile @Nullable StreamPort port;
    volatile boolean missing; // it will not come any more
    private boolean taken;

    Named(Kind kind, long reference) {
      this.kind = kind;
      this.reference = reference;
    }

    boolean isSettled() {
      return port != null || missing;
    }
  }

  private Incoming(byte[] body, int offset, int credit, Named[] named) {
    this.body = body;
    this.offset = offset;
    this.credit = credit;
    this.named = named;
  }

  /** Reads the table and looks the streams up. Rules ATT-2 to ATT-4, CH-2. */
  static Incoming parse(CoreSession session, RemoteReceivePort<?> channel, byte[] body, int credit)
      throws Failure {
    if (body.length < 2) {
      throw Failure.protocol("FRM-1", "message of " + body.length + " bytes");
    }
    ByteBuffer in = ByteBuffer.wrap(body);
    int count = in.getShort() & 0xffff;
    if (count > session.limits().maxAttachments()) {
      throw new Failure(
          Reason.limit(
              "attachments", "message of " + count + " > " + session.limits().maxAttachments()));
    }
    if (in.remaining() < 9 * count) {
      throw Failure.protocol("FRM-1", "attachment table is cut short");
    }
    Named[] named = count == 0 ? NONE : new Named[count];
    for (int i = 0; i < count; i++) {
      Kind kind = Kind.of(in.get() & 0xff);
      long reference = in.getLong();
      if (kind == null || kind == Kind.CONTROL || reference <= 0) {
        throw Failure.protocol("ATT-3", "attachment of kind " + kind + ", " + reference);
      }
      named[i] = new Named(kind, reference);
    }
    int length = in.remaining();
    if (length > session.limits().maxMessageBytes()) {
      throw new Failure(
          Reason.limit(
              "message-bytes",
              "message of " + length + " bytes > " + session.limits().maxMessageBytes()));
    }
    if (count > 0) {
      session.references().name(channel, named);
    }
    return new Incoming(body, in.position(), credit, named);
  }

  /** The bytes to credit when it is taken. */
  int credit() {
    return credit;
  }

  /** The length of the codec's bytes. */
  int bytes() {
    return body.length - offset;
  }

  /** Adds the frame of this message, naming these streams instead of its own. Rule FWD-2. */
  void addTo(Outbox outbox, StreamPort[] ports) {
    byte[] frame = new byte[size()];
    ByteBuffer.wrap(frame).put((byte) Frames.MESSAGE).putInt(body.length).put(body);
    if (ports.length == 0) {
      outbox.add(frame);
      return;
    }
    ByteBuffer table = ByteBuffer.wrap(frame, Frames.HEADER_BYTES + 2, 9 * ports.length);
    for (StreamPort port : ports) {
      table.put((byte) port.headers.kind().number()).putLong(port.headers.reference());
    }
    outbox.addNaming(frame, ports);
  }

  /** The bytes of memory that its frame takes while nobody received it. */
  int size() {
    return Frames.HEADER_BYTES + body.length;
  }

  Named[] named() {
    return named;
  }

  /** Whether every attachment arrived or is known not to. */
  boolean isComplete() {
    for (Named one : named) {
      if (!one.isSettled()) {
        return false;
      }
    }
    return true;
  }

  /** Decodes on the thread that receives; what is not taken is released. Rules CH-25, ATT-6. */
  Object decode(CoreSession session, Codec.Format format) throws ChannelException {
    boolean done = false;
    try {
      for (Named one : named) {
        if (one.missing) {
          throw new MessageRejected(
              Reason.of(
                  ReasonCode.REF_NOT_FOUND, "ATT-2: attachment " + one.reference + " never came"));
        }
      }
      Object message = format.decode(body, offset, body.length - offset, this);
      done = true;
      return message;
    } finally {
      if (named.length > 0) {
        for (Named one : named) {
          one.taken &= done; // nobody gets a message that failed, nor its ends
        }
        session.release(this);
      }
    }
  }

  boolean isTaken(Named one) {
    return one.taken;
  }

  @Override
  public Object take(int index, Class<?> as, @Nullable Type element) throws ChannelException {
    if (index < 0 || index >= named.length) {
      throw rejected("ATT-5: index " + index + " of " + named.length + " attachments");
    }
    Named one = named[index];
    StreamPort port = one.port;
    if (one.taken || port == null) {
      throw rejected("ATT-3: attachment " + index + " was taken already");
    }
    Object end = end(port, as, element == null ? Object.class : element);
    if (end == null) {
      throw rejected("attachment " + index + " is of kind " + one.kind + ", not " + as.getName());
    }
    one.taken = true;
    return end;
  }

  private static MessageRejected rejected(String what) {
    return new MessageRejected(Reason.of(ReasonCode.TYPE_MISMATCH, what));
  }

  private static @Nullable Object end(StreamPort port, Class<?> as, Type element) {
    if (port instanceof RemoteReceivePort<?> receiving && as.isAssignableFrom(Receiver.class)) {
      receiving.use(element);
      return Ends.receiver(receiving);
    }
    if (port instanceof RemoteSendPort<?> sending && as.isAssignableFrom(Sender.class)) {
      sending.use(element);
      return Ends.sender(sending);
    }
    return port instanceof RemoteBytePort bytes ? byteEnd(bytes, as) : null;
  }

  private static @Nullable Object byteEnd(RemoteBytePort port, Class<?> as) {
    ByteStream stream = Ends.byteStream(port);
    Kind kind = port.headers.kind();
    if (as == InputStream.class || (as == Object.class && kind == Kind.BYTES_OUT)) {
      return kind == Kind.BYTES_IN ? null : stream.input();
    }
    if (as == OutputStream.class || (as == Object.class && kind == Kind.BYTES_IN)) {
      return kind == Kind.BYTES_OUT ? null : stream.output();
    }
    return as.isAssignableFrom(ByteStream.class) ? stream : null;
  }
}
