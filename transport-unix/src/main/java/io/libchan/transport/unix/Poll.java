package io.libchan.transport.unix;

import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * Asks the system whether a socket can be read or written, by what is below the library's channels.
 *
 * <p>Not thread-safe.
 */
final class Poll {
  /** Where the library keeps it. */
  static final String LIBRARY = AFUNIXSocket.class.getPackageName() + ".";

  /** A time-out that never passes. */
  static final int FOR_EVER = -1;

  private static final @Nullable Calls CALLS = found(Calls::find);

  private final Object question;
  private final int[] answer;
  private final int operation;

  private Poll(Object question, int[] answer, int operation) {
    this.question = question;
    this.answer = answer;
    this.operation = operation;
  }

  /** For an operation of {@link java.nio.channels.SelectionKey}; null if the library bars us. */
  static @Nullable Poll of(FileDescriptor socket, int operation) {
    Calls calls = CALLS;
    if (calls == null) {
      return null;
    }
    try {
      Object question = calls.question.newInstance(socket, operation);
      return new Poll(question, (int[]) calls.answer.get(question), operation);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** Whether the operation would not wait, now or after so many milliseconds. */
  boolean isThere(int timeout) throws IOException {
    Calls calls = CALLS; // a constant, or the call would not be compiled with its callers
    if (calls == null) {
      throw new IllegalStateException();
    }
    try {
      int unused = (int) calls.poll.invokeExact(question, timeout);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return (answer[0] & operation) != 0;
  }

  /** What is below the library's streams; null where it does not let us. */
  static <T> @Nullable T found(Callable<T> search) {
    try {
      return search.call();
    } catch (Exception | LinkageError e) {
      return null;
    }
  }

  /** A method of the library's. */
  static MethodHandle handle(String type, String name, Class<?>... parameters)
      throws ReflectiveOperationException {
    Method method = Class.forName(LIBRARY + type).getDeclaredMethod(name, parameters);
    method.setAccessible(true);
    return MethodHandles.lookup().unreflect(method);
  }

  /**
   * What is asked.
   *
   * @param question makes what {@code poll} is asked
   * @param answer the field where that has the answer
   */
  private record Calls(Constructor<?> question, Field answer, MethodHandle poll) {
    static Calls find() throws ReflectiveOperationException {
      Class<?> polled = Class.forName(LIBRARY + "AFSelector$PollFd");
      Constructor<?> question = polled.getDeclaredConstructor(FileDescriptor.class, int.class);
      question.setAccessible(true);
      Field answer = polled.getDeclaredField("rops");
      answer.setAccessible(true);
      MethodHandle poll =
          handle("NativeUnixSocket", "poll", polled, int.class)
              .asType(MethodType.methodType(int.class, Object.class, int.class));
      return new Calls(question, answer, poll);
    }
  }
}
