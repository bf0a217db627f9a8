package io.libchan.core;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.FileHandle;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.spi.Codec;
import io.libchan.spi.Descriptor;
import io.libchan.spi.Ends;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A message that arrived and was not decoded yet, with the streams that it names.
 *
 * <p>Thread-safe: the attachments are guarded by the session's references until the message is
 * taken, then it is the receiving thread's own.
 */
final class Incoming extends Inbox.Entry implements Codec.Claims {
  private static final Named[] NONE = new Named[0];

  private final byte[] body;
  private final Named[] named;

  // Guarded by the port's lock.
  private int precredited;

  private int held; // descriptors that count for the session

  /** One attachment. */
  static final class Named {
    final Kind kind;
    final long reference;
    volatile @Nullable StreamPort port;
    volatile boolean missing; // it will not come any more
    private boolean taken;
    final boolean isDescriptor;
    private @Nullable Descriptor descriptor; // until it is another's

    Named(Kind kind, long reference) {
      this(kind, reference, false);
    }

    private Named(Kind kind, long reference, boolean isDescriptor) {
      this.kind = kind;
      this.reference = reference;
      this.isDescriptor = isDescriptor;
    }

    boolean isSettled() {
      return isDescriptor || port != null || missing;
    }

    @Nullable Descriptor descriptor() {
      return descriptor;
    }

    /** Somebody else owns the descriptor. */
    void forget() {
      descriptor = null;
    }

    void closeDescriptor() {
      Descriptor one = descriptor;
      descriptor = null;
      if (one != null) {
        Passing.close(one);
      }
    }
  }

  private Incoming(byte[] body, Named[] named, int held) {
    this.held = held;
    this.body = body;
    this.named = named;
  }

  /** Whether a message names nothing, so that its body is all that there is to it. */
  static boolean isPlain(byte[] body) {
    return body.length >= 2 && (body[0] | body[1]) == 0;
  }

  /** A message that names nothing. Rule CH-2. */
  static Incoming plain(CoreSession session, byte[] body) throws Failure {
    checkLength(session, body.length - 2);
    return ofPlain(body);
  }

  /** As {@link #plain}, of a body whose length is known to be right. */
  static Incoming ofPlain(byte[] body) {
    return new Incoming(body, NONE, 0);
  }

  private static void checkLength(CoreSession session, int length) throws Failure {
    int most = session.limits().maxMessageBytes();
    if (length > most) {
      throw new Failure(Reason.limit("message-bytes", "message of " + length + " bytes > " + most));
    }
  }

  /** Reads the table and looks the streams up. Rules ATT-2 to ATT-4, CH-2. */
  static Incoming parse(CoreSession session, RemoteReceivePort<?> channel, byte[] body)
      throws Failure {
    if (body.length < 2) {
      throw Failure.protocol("FRM-3", "message of " + body.length + " bytes");
    }
    if (isPlain(body)) {
      return plain(session, body);
    }
    ByteBuffer in = ByteBuffer.wrap(body);
    int count = in.getShort() & 0xffff;
    if (count > session.limits().maxAttachments()) {
      throw new Failure(
          Reason.limit(
              "attachments", "message of " + count + " > " + session.limits().maxAttachments()));
    }
    if (in.remaining() < 9 * count) {
      throw Failure.protocol("FRM-3", "attachment table is cut short");
    }
    Named[] named = new Named[count];
    for (int i = 0; i < count; i++) {
      named[i] = named(in);
    }
    checkLength(session, in.remaining());
    Named[] streams = streams(named);
    int held = takeDescriptors(session, named);
    boolean done = false;
    try {
      session.references().name(channel, streams);
      done = true;
    } finally {
      if (!done) {
        closeDescriptors(session, named, held);
      }
    }
    return new Incoming(body, named, held);
  }

  /** Those that are no descriptors; nearly always all. */
  private static Named[] streams(Named[] named) {
    for (Named one : named) {
      if (one.isDescriptor) {
        return Arrays.stream(named).filter(other -> !other.isDescriptor).toArray(Named[]::new);
      }
    }
    return named;
  }

  /** Reads one entry of the table. Rules ATT-3, ATT-11. */
  static Named named(ByteBuffer in) throws Failure {
    int type = in.get() & 0xff;
    long reference = in.getLong();
    boolean isDescriptor = type >= Names.DESCRIPTOR;
    Kind kind = Kind.of(isDescriptor ? type - Names.DESCRIPTOR : type);
    if (kind == null
        || kind == Kind.CONTROL
        || reference <= 0
        || (isDescriptor && kind.isChannel())) {
      throw Failure.protocol("ATT-11", "attachment of type " + type + ", " + reference);
    }
    return new Named(kind, reference, isDescriptor);
  }

  /** Takes the named descriptors, which came before; how many there are. Rule FD-8. */
  private static int takeDescriptors(CoreSession session, Named[] named) throws Failure {
    int held = 0;
    boolean done = false;
    try {
      for (Named one : named) {
        if (one.isDescriptor) {
          one.descriptor = session.descriptors().name(one.reference);
          one.missing = one.descriptor == null;
          held += one.missing ? 0 : 1;
        }
      }
      done = true;
    } finally {
      if (!done) {
        closeDescriptors(session, named, held);
      }
    }
    return held;
  }

  private static void closeDescriptors(CoreSession session, Named[] named, int held) {
    for (Named one : named) {
      one.closeDescriptor();
    }
    session.descriptors().letGo(held);
  }

  /** The session holds the descriptors of this message no more: whoever has it now does. */
  void letGo(CoreSession session) {
    int count = held;
    held = 0;
    session.descriptors().letGo(count);
  }

  /** So many of its bytes were credited before it was complete. Rule MUX-10. */
  void precredited(int bytes) {
    precredited = bytes;
  }

  @Override
  int count() {
    return 1;
  }

  @Override
  Incoming alone() {
    return this;
  }

  @Override
  int credit() {
    return size() - precredited;
  }

  @Override
  byte[] array() {
    return body;
  }

  @Override
  int bytes() {
    return body.length - offset();
  }

  @Override
  int offset() {
    return 2 + Names.ENTRY_BYTES * named.length;
  }

  /** Adds the frame of this message, naming these streams instead of its own. Rule FWD-2. */
  void addTo(Outbox outbox, Names names) {
    if (names.count() == 0) {
      outbox.addFrame(Frames.MESSAGE, body); // nobody decodes it here, nor changes it
      return;
    }
    byte[] frame = new byte[size()];
    Frames.putHeader(frame, 0, Frames.MESSAGE, body.length);
    System.arraycopy(body, 0, frame, Frames.HEADER_BYTES, body.length);
    names.put(ByteBuffer.wrap(frame, Frames.HEADER_BYTES + 2, Names.ENTRY_BYTES * names.count()));
    names.addTo(outbox, frame);
  }

  @Override
  int size() {
    return Frames.HEADER_BYTES + body.length;
  }

  Named[] named() {
    return named;
  }

  /** Whether every attachment arrived or is known not to. */
  @Override
  boolean isComplete() {
    for (Named one : named) {
      if (!one.isSettled()) {
        return false;
      }
    }
    return true;
  }

  /** Decodes on the thread that receives; what is not taken is released. Rules CH-25, ATT-6. */
  @Override
  Object decode(CoreSession session, Codec.Format format, byte[] array, int offset, int bytes)
      throws ChannelException {
    boolean done = false;
    try {
      for (Named one : named) {
        if (one.missing) {
          throw new MessageRejected(
              Reason.of(
                  ReasonCode.REF_NOT_FOUND, "ATT-2: attachment " + one.reference + " never came"));
        }
      }
      Object message = format.decode(array, offset, bytes, this);
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
    Descriptor descriptor = one.descriptor;
    if (one.taken || (port == null && descriptor == null)) {
      throw rejected("ATT-5: attachment " + index + " was taken already");
    }
    Object end =
        port == null
            ? descriptor == null ? null : Ends.arrived(descriptor, one.kind, as)
            : end(port, as, element == null ? Object.class : element);
    if (end == null) {
      throw rejected("attachment " + index + " is of kind " + one.kind + ", not " + as.getName());
    }
    one.taken = true;
    return end;
  }

  static MessageRejected rejected(String what) {
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
    if (kind == Kind.FILE && (as == FileHandle.class || as == Object.class)) {
      return Ends.fileHandle(stream, port.headers.extra().get(StreamHeaders.FILE_RANGE));
    }
    if (as == InputStream.class || (as == Object.class && kind == Kind.BYTES_OUT)) {
      return kind == Kind.BYTES_IN ? null : stream.input();
    }
    if (as == OutputStream.class || (as == Object.class && kind == Kind.BYTES_IN)) {
      return kind == Kind.BYTES_OUT || kind == Kind.FILE ? null : stream.output();
    }
    return kind != Kind.FILE && as.isAssignableFrom(ByteStream.class) ? stream : null;
  }
}
