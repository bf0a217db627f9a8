package io.libchan.transport.unix;

import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * Writes a little to a blocking socket without waiting: it asks the system for room first. Any
 * thread may, a virtual one too, and interrupting it does nothing to the socket. None of that is so
 * with the library's own streams and channels, which is why this calls what is below them. Where
 * the library does not let us (on the module path without an {@code --add-opens}) nothing is
 * written.
 *
 * <p>For one thread at a time, which alone writes to the socket.
 */
final class DirectWrite {
  private static final int MAX_BYTES = 8 * 1024;

  /** Where the system tells of room, at least this part of the socket's buffer is free. */
  private static final int PART_OF_BUFFER = 8;

  private static final int NO_WAIT = 0;

  private static final @Nullable Calls CALLS = Calls.find();

  private final FileDescriptor socket;
  private final int maxBytes;
  private final @Nullable Object question; // for the system
  private final int[] answer;

  DirectWrite(AFUNIXSocket connected) throws IOException {
    socket = connected.getFileDescriptor();
    Calls calls = CALLS;
    if (calls == null) {
      maxBytes = 0;
      question = null;
      answer = new int[1];
      return;
    }
    maxBytes = Math.min(MAX_BYTES, connected.getSendBufferSize() / PART_OF_BUFFER);
    try {
      question = calls.question.newInstance(socket, SelectionKey.OP_WRITE);
      answer = (int[]) calls.answer.get(question);
    } catch (ReflectiveOperationException e) {
      throw new IOException(e);
    }
  }

  /** The bytes that may be written at once; 0 if none ever. */
  int maxBytes() {
    return maxBytes;
  }

  /**
   * Writes if there is room.
   *
   * @param bytes a direct buffer with no more than {@link #maxBytes}; what is left in it was not
   *     written
   */
  void write(ByteBuffer bytes) throws IOException {
    Calls calls = CALLS;
    if (calls == null || bytes.remaining() > maxBytes) {
      return;
    }
    try {
      int unused = (int) calls.poll.invokeExact(question, NO_WAIT);
      if ((answer[0] & SelectionKey.OP_WRITE) != 0) {
        int from = bytes.position();
        int count = (int) calls.send.invokeExact(socket, bytes, from, bytes.remaining());
        bytes.position(from + count);
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * What is below the library's streams.
   *
   * @param question makes what {@code poll} is asked
   * @param answer the field where that has the answer
   */
  private record Calls(
      Constructor<?> question, Field answer, MethodHandle poll, MethodHandle send) {
    static @Nullable Calls find() {
      try {
        String library = AFUNIXSocket.class.getPackageName();
        Class<?> natives = Class.forName(library + ".NativeUnixSocket");
        Class<?> polled = Class.forName(library + ".AFSelector$PollFd");
        Class<?> ancillary = Class.forName(library + ".AncillaryDataSupport");
        Constructor<?> question = polled.getDeclaredConstructor(FileDescriptor.class, int.class);
        question.setAccessible(true);
        Field answer = polled.getDeclaredField("rops");
        answer.setAccessible(true);
        MethodHandle poll =
            handle(natives.getDeclaredMethod("poll", polled, int.class))
                .asType(MethodType.methodType(int.class, Object.class, int.class));
        MethodHandle send =
            handle(
                natives.getDeclaredMethod(
                    "send",
                    FileDescriptor.class,
                    ByteBuffer.class,
                    int.class,
                    int.class,
                    ByteBuffer.class,
                    int.class,
                    int.class,
                    ancillary));
        // To no address, with no options and no descriptors.
        return new Calls(
            question, answer, poll, MethodHandles.insertArguments(send, 4, null, 0, 0, null));
      } catch (ReflectiveOperationException | RuntimeException e) {
        return null;
      }
    }

    private static MethodHandle handle(Method method) throws IllegalAccessException {
      method.setAccessible(true);
      return MethodHandles.lookup().unreflect(method);
    }
  }
}
