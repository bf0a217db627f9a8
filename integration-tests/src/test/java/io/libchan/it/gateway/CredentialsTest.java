package io.libchan.it.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Rule;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Only who knows the secret is served, where there is one. */
final class CredentialsTest {
  @Test
  @Rule({"CTL-2", "GW-20"})
  void onlyWhoKnowsTheSecretIsServed(@TempDir Path folder) throws Exception {
    String right = Files.writeString(folder.resolve("right"), "open sesame\n").toString();
    String wrong = Files.writeString(folder.resolve("wrong"), "guess\n").toString();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String target = "127.0.0.1:" + server.getLocalPort();
      String[] serving = {
        "serve", "--listen", "tcp://127.0.0.1:0", "--allow", target, "--credentials", right
      };
      try (Program serve = Program.gateway(serving)) {
        String uri = serve.firstLine();
        String[] forward = {"forward", "--listen", "127.0.0.1:0", uri, target};
        try (Program stranger = Program.gateway(forward)) {
          assertThat(stranger.failure()).contains("refused");
        }
        try (Program guess =
            Program.gateway(
                "forward", "--credentials", wrong, "--listen", "127.0.0.1:0", uri, target)) {
          assertThat(guess.failure()).contains("refused");
        }
        try (Program known =
            Program.gateway(
                "forward", "--credentials", right, "--listen", "127.0.0.1:0", uri, target)) {
          String address = known.firstLine();
          int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
          try (Socket client = new Socket()) {
            client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            client.getOutputStream().write(7);
            server.setSoTimeout(30_000);
            try (Socket accepted = server.accept()) {
              assertThat(accepted.getInputStream().read()).isEqualTo(7);
            }
          }
        }
      }
    }
  }
}
