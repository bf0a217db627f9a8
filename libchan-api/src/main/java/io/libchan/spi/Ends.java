package io.libchan.spi;

import io.libchan.ByteStream;
import io.libchan.FileHandle;
import io.libchan.Receiver;
import io.libchan.Select;
import io.libchan.Sender;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * Makes the ends that applications hold, and takes them apart again.
 *
 * <p>Thread-safe.
 */
public final class Ends {
  private Ends() {}

  /**
   * Both ends of a channel.
   *
   * @param <T> the message type
   */
  public record Pair<T>(Sender<T> sender, Receiver<T> receiver) {}

  /** A channel inside this process. */
  public static <T> Pair<T> memory(Type type, int capacity) {
    return pair(new MemoryChannel<>(type, capacity, null));
  }

  /**
   * A channel inside this process that belongs to some piece of work: its sending end has this
   * context, here and at the peer that it may be sent to.
   */
  public static <T> Pair<T> memory(Type type, int capacity, StreamContext context) {
    return pair(new MemoryChannel<>(type, capacity, context));
  }

  private static <T> Pair<T> pair(MemoryChannel<T> channel) {
    return new Pair<>(new PortSender<>(channel.sending()), new PortReceiver<>(channel.receiving()));
  }

  /** A byte stream inside this process. */
  public static ByteStream.Pair memoryBytes() {
    MemoryBytes bytes = new MemoryBytes();
    return new ByteStream.Pair(new PortByteStream(bytes.left()), new PortByteStream(bytes.right()));
  }

  /**
   * The two ports of a byte stream.
   *
   * @param left what is written here is read at the right one, and the reverse
   */
  public record Ports(BytePort left, BytePort right) {}

  /** A byte stream inside this process, as ports. */
  public static Ports memoryBytePorts() {
    MemoryBytes bytes = new MemoryBytes();
    return new Ports(bytes.left(), bytes.right());
  }

  /** A sending end over a port. */
  public static <T> Sender<T> sender(SendPort<T> port) {
    return PortSender.watched(port);
  }

  /** A receiving end over a port. */
  public static <T> Receiver<T> receiver(ReceivePort<T> port) {
    return PortReceiver.watched(port);
  }

  /** A byte stream over a port. */
  public static ByteStream byteStream(BytePort port) {
    return PortByteStream.watched(port);
  }

  /** A select without clauses. */
  public static Select select() {
    return new PortSelect();
  }

  /**
   * Begins a run of a select, for waiting without a thread. It is to be concluded.
   *
   * @throws IllegalStateException if it is running already
   * @throws IllegalArgumentException if it is not one of this library's
   */
  public static Selection begin(Select select) {
    if (select instanceof PortSelect ours) {
      return ours.begin();
    }
    throw foreign(select);
  }

  /**
   * The port behind an end, for waiting without a thread. It may be superseded later; asking again
   * gives the one that took its place. Whether the end may be used is not checked.
   *
   * @throws IllegalArgumentException if it is not one of this library's
   */
  public static <T> SendPort<T> port(Sender<T> end) {
    return ours(end).port();
  }

  /** As {@link #port(Sender)}, for the other end. */
  public static <T> ReceivePort<T> port(Receiver<T> end) {
    return ours(end).port();
  }

  /** As {@link #port(Sender)}, for a byte stream; see also {@link BytePort#successor()}. */
  public static BytePort port(ByteStream end) {
    if (end instanceof PortByteStream ours) {
      return ours.port();
    }
    throw foreign(end);
  }

  /**
   * As {@link #port(Sender)}, of an end that the caller may use.
   *
   * @throws IllegalStateException if it is closed, or was sent away
   */
  public static <T> SendPort<T> openPort(Sender<T> end) {
    PortSender<T> ours = ours(end);
    ours.checkOwner();
    return ours.port();
  }

  /** Whether the application still owns an end, open or closed: it was not sent away. */
  public static boolean isHere(Sender<?> end) {
    return ours(end).isHere();
  }

  /** The context that the channel of an end was opened with; its time runs. */
  public static StreamContext context(Sender<?> end) {
    return ours(end).port().context();
  }

  /** As {@link #context(Sender)}, for the other end. */
  public static StreamContext context(Receiver<?> end) {
    return ours(end).port().context();
  }

  static <T> PortSender<T> ours(Sender<T> end) {
    if (end instanceof PortSender<T> ours) {
      return ours;
    }
    throw foreign(end);
  }

  static <T> PortReceiver<T> ours(Receiver<T> end) {
    if (end instanceof PortReceiver<T> ours) {
      return ours;
    }
    throw foreign(end);
  }

  /**
   * Takes an end out of the application's hands.
   *
   * @throws IllegalStateException if it is closed, or was sent away
   * @throws IllegalArgumentException if it is not one of this library's
   */
  public static Moving move(Object end) {
    if (end instanceof PortSender<?> sender) {
      return new Moving.SenderEnd<>(sender);
    }
    if (end instanceof PortReceiver<?> receiver) {
      return new Moving.ReceiverEnd<>(receiver);
    }
    if (end instanceof PortByteStream bytes) {
      return new Moving.BytesEnd(bytes);
    }
    throw foreign(end);
  }

  /**
   * Takes an attachment that is an open descriptor or a file out of the application's hands.
   *
   * @return null if it is neither
   * @throws IllegalStateException if it is closed, or was sent away
   */
  public static @Nullable OpenEnd moveOpen(Object end) {
    return OpenEnd.move(end);
  }

  /** As {@link io.libchan.Descriptors#of}; null for none. */
  public static @Nullable FileDescriptor descriptor(Object attachment) {
    return OpenEnd.descriptor(attachment);
  }

  /** A two-way byte stream that is an open descriptor, such as a connected socket; owns it. */
  public static ByteStream stream(Descriptor descriptor) {
    return new DescriptorStream(descriptor, StreamHeaders.Kind.BYTES);
  }

  /** What can be read from an open descriptor; owns it. */
  public static InputStream input(Descriptor descriptor) {
    return new DescriptorStream(descriptor, StreamHeaders.Kind.BYTES_OUT).input();
  }

  /** What can be written to an open descriptor; owns it. */
  public static OutputStream output(Descriptor descriptor) {
    return new DescriptorStream(descriptor, StreamHeaders.Kind.BYTES_IN).output();
  }

  /** A handle for an open file; owns it. */
  public static FileHandle fileHandle(RandomAccessFile file) throws IOException {
    return new OpenFile(file.getFD(), file.getChannel());
  }

  /** A handle for an open file; owns it. */
  public static FileHandle fileHandle(FileInputStream file) throws IOException {
    return new OpenFile(file.getFD(), file.getChannel());
  }

  /**
   * A handle for a file whose bytes come over a stream.
   *
   * @param header as {@link OpenEnd#fileHeader()} of the sender, from preamble header 8
   * @return null if the header is malformed
   */
  public static @Nullable FileHandle fileHandle(ByteStream stream, @Nullable String header) {
    if (header == null || !header.matches("[0-9]{1,18}/[0-9]{1,18}")) {
      return null;
    }
    int slash = header.indexOf('/');
    return new StreamedFile(
        stream,
        Long.parseLong(header.substring(0, slash)),
        Long.parseLong(header.substring(slash + 1)));
  }

  /**
   * What an application gets of a descriptor that arrived; owns it.
   *
   * @param role as {@link OpenEnd#role()} of the sender
   * @param as the type asked for; {@code Object} for whatever it is
   * @return null if it is of another kind: nobody owns it then
   */
  public static @Nullable Object arrived(
      Descriptor descriptor, StreamHeaders.Kind role, Class<?> as) {
    boolean any = as == Object.class;
    boolean reads = role != StreamHeaders.Kind.BYTES_IN;
    if (role == StreamHeaders.Kind.FILE && (any || as == FileHandle.class)) {
      FileInputStream file = new FileInputStream(descriptor.fileDescriptor());
      return new OpenFile(descriptor.fileDescriptor(), file.getChannel());
    }
    if (reads && (as == InputStream.class || (any && role == StreamHeaders.Kind.BYTES_OUT))) {
      return input(descriptor);
    }
    boolean writes = !reads || role == StreamHeaders.Kind.BYTES;
    if (writes && (as == OutputStream.class || (any && !reads))) {
      return output(descriptor);
    }
    boolean both = role != StreamHeaders.Kind.FILE && as.isAssignableFrom(ByteStream.class);
    return both ? stream(descriptor) : null;
  }

  private static IllegalArgumentException foreign(Object end) {
    return new IllegalArgumentException("not made by this library: " + end.getClass());
  }
}
