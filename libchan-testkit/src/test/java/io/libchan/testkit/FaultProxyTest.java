package io.libchan.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({Leaks.class, QuietLog.class})
final class FaultProxyTest {
  private ServerSocket server;
  private FaultProxy proxy;
  private Socket client;
  private Socket there;

  @BeforeEach
  void open() throws IOException {
    server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    proxy = new FaultProxy(server.getLocalPort());
  }

  @AfterEach
  void close() throws IOException {
    proxy.close();
    server.close();
    if (client != null) {
      client.close();
      there.close();
    }
  }

  private void connect() throws IOException {
    client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    there = server.accept();
    client.setSoTimeout((int) Waits.BOUND.toMillis());
    there.setSoTimeout((int) Waits.BOUND.toMillis());
  }

  @Test
  void bytesPassUnchangedWhenNothingIsAskedFor() throws Exception {
    connect();
    client.getOutputStream().write(new byte[] {1, 2, 3});
    assertThat(there.getInputStream().readNBytes(3)).containsExactly(1, 2, 3);
    there.getOutputStream().write(new byte[] {4});
    there.shutdownOutput();
    assertThat(client.getInputStream().readAllBytes()).containsExactly(4);
    assertThat(proxy.connections()).isEqualTo(1);
    assertThat(proxy.toServer().bytes()).isEqualTo(3);
    assertThat(proxy.toServer().faults()).isZero();
  }

  @Test
  void aCutByFinEndsTheStreamAtTheByte() throws Exception {
    proxy.toServer().cutAt(2, FaultProxy.Cut.FIN);
    connect();
    client.getOutputStream().write(new byte[] {1, 2, 3, 4});
    assertThat(there.getInputStream().readAllBytes()).containsExactly(1, 2);
    assertThat(proxy.toServer().faults()).isEqualTo(1);
  }

  @Test
  void aCutByRstIsAFailure() throws Exception {
    proxy.toServer().cutAt(2, FaultProxy.Cut.RST);
    connect();
    client.getOutputStream().write(new byte[] {1, 2, 3, 4});
    assertThatThrownBy(
            () -> {
              there.getInputStream().readAllBytes();
            })
        .isInstanceOf(IOException.class);
    assertThat(proxy.toServer().faults()).isEqualTo(1);
  }

  @Test
  void aHalfCloseLeavesTheOtherDirection() throws Exception {
    proxy.toServer().cutAt(1, FaultProxy.Cut.HALF);
    connect();
    client.getOutputStream().write(1);
    assertThat(there.getInputStream().readAllBytes()).containsExactly(1);
    there.getOutputStream().write(9);
    assertThat(client.getInputStream().read()).isEqualTo(9);
  }

  @Test
  void aStallHoldsBytesBackUntilItEnds() throws Exception {
    proxy.toServer().stallAt(1);
    connect();
    client.getOutputStream().write(new byte[] {1, 2});
    assertThat(there.getInputStream().read()).isEqualTo(1);
    Waits.until("the stall", () -> proxy.toServer().faults() == 1);
    assertThat(there.getInputStream().available()).isZero();
    proxy.toServer().goOn();
    assertThat(there.getInputStream().read()).isEqualTo(2);
  }

  @Test
  void oneBitIsFlipped() throws Exception {
    proxy.toServer().flipAt(1).oneByOne();
    connect();
    client.getOutputStream().write(new byte[] {4, 4, 4});
    assertThat(there.getInputStream().readNBytes(3)).containsExactly(4, 5, 4);
    assertThat(proxy.toServer().faults()).isEqualTo(1);
  }

  @Test
  void delayAndRateHoldPiecesBack() throws Exception {
    proxy.toServer().delay(Duration.ofMillis(20)).rate(1000);
    connect();
    long before = System.nanoTime();
    client.getOutputStream().write(new byte[30]);
    assertThat(there.getInputStream().readNBytes(30)).hasSize(30);
    assertThat(System.nanoTime() - before).isGreaterThanOrEqualTo(50_000_000);
    assertThat(proxy.toServer().faults()).isPositive();
  }

  @Test
  void everyConnectionIsCutNow() throws Exception {
    connect();
    client.getOutputStream().write(1);
    assertThat(there.getInputStream().read()).isEqualTo(1);
    proxy.cutNow(FaultProxy.Cut.FIN);
    assertThat(there.getInputStream().read()).isEqualTo(-1);
    assertThat(proxy.toServer().faults()).isPositive();
  }
}
