package io.libchan.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Options;
import io.libchan.testkit.Duo;
import io.libchan.testkit.Waits;
import io.libchan.transport.netty.TcpOptions;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** When a listener of NIO is closed. */
@ExtendWith(Leftovers.class)
final class ListenerCloseTest {
  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Options options =
      Options.builder().with(TcpOptions.builder().eventLoops(loop).build()).build();

  /** A closed socket listens until the selector has looked again. */
  @Test
  void aListenerIsClosedOnceTheSystemRefusesItsPeers() throws Exception {
    Duo duo = Duos.listen("tcp://127.0.0.1:0", options);
    CountDownLatch close = new CountDownLatch(1);
    CountDownLatch look = new CountDownLatch(1);
    loop.execute(() -> await(close));
    Thread closing = new Thread(duo::close);
    closing.start();
    Waits.until("the close waits", () -> closing.getState() == Thread.State.TIMED_WAITING);
    loop.execute(() -> await(look));
    close.countDown();
    boolean early = Waits.within(Waits.SHORT, () -> !closing.isAlive());
    look.countDown();
    closing.join();

    assertThat(early).as("closed before the selector looked").isFalse();
    assertThatThrownBy(() -> duo.connect(options)).hasMessageContaining("connection refused");
    loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
