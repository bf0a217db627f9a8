package io.libchan.core;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.BytePort;
import io.libchan.spi.Ends;
import io.libchan.spi.OpenEnd;
import io.libchan.spi.StreamHeaders;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.concurrent.Executor;

/**
 * Carries bytes between a stream of the application's and one of ours. The JDK's streams only
 * block, so each takes a thread of the session's executor while it lives.
 */
public final class Pumps {
  private static final int BUFFER_BYTES = 64 * 1024;

  private Pumps() {}

  /** A stream of ours that bytes are carried to and from. */
  public interface Target extends BytePort {
    /** Runs once when the stream was reset or its session lost: a blocked pump can be freed. */
    void onOver(Runnable task);
  }

  /** The peer reads what the application's stream gives. */
  public static void in(Executor pumps, InputStream from, Target port) {
    ByteStream stream = Ends.byteStream(port);
    port.onOver(() -> pumps.execute(() -> closeQuietly(from)));
    pumps.execute(() -> pump(from, stream.output(), from, stream));
  }

  /** The application's stream takes what the peer writes. */
  public static void out(Executor pumps, Target port, OutputStream to) {
    ByteStream stream = Ends.byteStream(port);
    pumps.execute(() -> pump(stream.input(), to, to, stream));
  }

  /** The peer has what an open descriptor or file gives and takes. Rule CH-44. */
  public static void open(Executor pumps, OpenEnd end, Target port) {
    end.carried();
    ByteStream stream = Ends.byteStream(port);
    InputStream input = end.input();
    OutputStream output = end.output();
    if (input != null) {
      // Whoever waits in a read comes back; what arrived for the output is still written.
      port.onOver(() -> pumps.execute(() -> closeQuietly(end.whole())));
      InputStream from =
          end.role() == StreamHeaders.Kind.FILE ? new ExactInput(input, end.bytes()) : input;
      pumps.execute(() -> pump(from, stream.output(), from, stream));
    }
    if (output != null) {
      pumps.execute(() -> pump(stream.input(), output, output, stream));
    }
  }

  private static void pump(
      InputStream from, OutputStream to, Closeable foreign, ByteStream stream) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (foreign) {
      for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
        to.write(buffer, 0, count);
        if (from.available() == 0) {
          to.flush();
        }
      }
      to.close();
    } catch (ChannelException e) {
      // Whoever uses the other end knows; the application's stream is closed here.
      stream.reset(e.reason());
    } catch (IOException | RuntimeException e) {
      stream.reset(Reason.of(ReasonCode.FAILED, String.valueOf(e.getMessage())));
    }
  }

  private static void closeQuietly(Closeable stream) {
    try {
      stream.close();
    } catch (IOException e) {
      System.getLogger("io.libchan").log(System.Logger.Level.DEBUG, "closing a pumped stream", e);
    }
  }
}
