package io.libchan.it.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import io.libchan.transport.unix.UnixDescriptors;
import java.io.FileDescriptor;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** A program starts {@code gateway pass} as OpenSSH does, and takes the socket from its output. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
final class PassTest {
  @Test
  @Rule("GW-9")
  void aCommandGivesTheSocketToWhoeverStartedIt(@TempDir Path folder) throws Exception {
    AFUNIXSocketAddress address = AFUNIXSocketAddress.of(folder.resolve("output"));
    try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        AFUNIXServerSocket server = AFUNIXServerSocket.bindOn(address);
        AFUNIXSocket output = AFUNIXSocket.connectTo(address);
        AFUNIXSocket ours = server.accept()) {
      ours.setAncillaryReceiveBufferSize(1024);
      String name = "127.0.0.1:" + target.getLocalPort();
      String unix = "unix:" + folder.resolve("serve");
      try (Program serve = Program.gateway("serve", "--listen", unix, "--allow", name)) {
        List<String> command = Program.command("gateway", "pass", serve.firstLine(), name);
        Process pass =
            new ProcessBuilder(command)
                .redirectOutput(UnixDescriptors.redirect(output.getFileDescriptor()))
                .start();
        assertThat(ours.getInputStream().read()).isZero();
        FileDescriptor[] received = ours.getReceivedFileDescriptors();
        assertThat(received).hasSize(1);
        assertThat(pass.waitFor(Waits.BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(pass.exitValue()).isZero();
        serve.stop();
        try (ByteStream socket = UnixDescriptors.stream(received[0]);
            Socket far = target.accept()) {
          socket.output().write(42);
          assertThat(far.getInputStream().read()).isEqualTo(42);
        }
      }
    }
  }

  @Test
  @Rule("GW-9")
  void whereNoDescriptorPassesTheCommandSaysSo() throws Exception {
    try (ServerSocket target = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String name = "127.0.0.1:" + target.getLocalPort();
      try (Program serve =
              Program.gateway("serve", "--listen", "tcp://127.0.0.1:0", "--allow", name);
          Program pass = Program.gateway("pass", serve.firstLine(), name)) {
        assertThat(pass.failure()).contains("the attachment is no descriptor of this process");
      }
    }
  }
}
