package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import java.io.FileDescriptor;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a stream does to the descriptor that it is. */
final class DescriptorStreamTest {
  /** One whose output takes a moment to end. */
  private static final class Slow implements Descriptor {
    private final CountDownLatch ending = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private volatile boolean inUse;
    private volatile boolean closedInUse;
    private volatile boolean closed;

    @Override
    public FileDescriptor fileDescriptor() {
      return new FileDescriptor();
    }

    @Override
    public void shutdownOutput() {
      inUse = true;
      ending.countDown();
      try {
        goOn.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      inUse = false;
    }

    @Override
    public void close() {
      closedInUse |= inUse;
      closed = true;
    }
  }

  /** Its number would be another's, whose output would end. */
  @Test
  void itIsNotClosedWhileItsOutputEnds() throws Exception {
    Slow descriptor = new Slow();
    ByteStream stream = Ends.stream(descriptor);
    Thread ending = new Thread(() -> closeOutput(stream));
    ending.start();
    assertThat(descriptor.ending.await(10, TimeUnit.SECONDS)).isTrue();
    Thread closing = new Thread(stream::close);
    closing.start();
    while (closing.isAlive() && closing.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    descriptor.goOn.countDown();
    ending.join();
    closing.join();
    assertThat(descriptor.closed).isTrue();
    assertThat(descriptor.closedInUse).isFalse();
  }

  private static void closeOutput(ByteStream stream) {
    try {
      stream.output().close();
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }
}
