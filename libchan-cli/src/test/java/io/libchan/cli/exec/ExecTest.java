package io.libchan.cli.exec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.cli.exec.CommandProcess.Result;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code exec} and {@code exec-server} as real processes over TCP. */
final class ExecTest {
  private static final byte[] NOTHING = {};

  private static CommandProcess server;
  private static String uri;

  @BeforeAll
  static void startServer() throws Exception {
    server = CommandProcess.start("exec-server", "--listen", "tcp://127.0.0.1:0");
    uri = server.line();
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  private static CommandProcess exec(String at, String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of("exec", at, "--"));
    words.addAll(List.of(command));
    return CommandProcess.start(words.toArray(String[]::new));
  }

  @Test
  void outputsAreSeparateAndTheStatusIsTheCommands() throws Exception {
    try (CommandProcess client = exec(uri, "sh", "-c", "echo out; echo err >&2; exit 7")) {
      Result result = client.runWith(NOTHING);
      assertThat(result.status()).isEqualTo(7);
      assertThat(result.text()).isEqualTo("out\n");
      assertThat(result.errors()).isEqualTo("err\n");
    }
  }

  @Test
  void eightMebibytesArriveUnchanged() throws Exception {
    byte[] data = new byte[8 * 1024 * 1024];
    new Random(1).nextBytes(data);
    String sum = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    try (CommandProcess client = exec(uri, "sha256sum")) {
      Result result = client.runWith(data);
      assertThat(result.errors()).isEmpty();
      assertThat(result.text()).startsWith(sum);
      assertThat(result.status()).isZero();
    }
  }

  @Test
  void allOutputComesAfterTheEndOfInput() throws Exception {
    byte[] data = new byte[3 * 1024 * 1024 + 17];
    new Random(2).nextBytes(data);
    try (CommandProcess client = exec(uri, "sh", "-c", "cat; echo end >&2")) {
      Result result = client.runWith(data);
      assertThat(result.output()).isEqualTo(data);
      assertThat(result.errors()).isEqualTo("end\n");
      assertThat(result.status()).isZero();
    }
  }

  @Test
  void aSignalIsTold() throws Exception {
    try (CommandProcess client = exec(uri, "sh", "-c", "kill -TERM $$")) {
      assertThat(client.runWith(NOTHING).status()).isEqualTo(128 + 15);
    }
  }

  @Test
  void wordsReachTheCommandAsTheyAre() throws Exception {
    try (CommandProcess client = exec(uri, "printf", "%s|", "a b", "@c", "--help", "", "$x")) {
      assertThat(client.runWith(NOTHING).text()).isEqualTo("a b|@c|--help||$x|");
    }
  }

  @Test
  void inputThatNeverEndsDoesNotHoldTheClient() throws Exception {
    try (CommandProcess client = exec(uri, "echo", "done")) {
      Result result = client.end();
      assertThat(result.text()).isEqualTo("done\n");
      assertThat(result.status()).isZero();
    }
  }

  @Test
  void aCommandThatStopsReadingIsNoFailure() throws Exception {
    byte[] data = new byte[8 * 1024 * 1024];
    try (CommandProcess client = exec(uri, "head", "-c", "10")) {
      Result result = client.runWith(data);
      assertThat(result.output()).hasSize(10);
      assertThat(result.errors()).isEmpty();
      assertThat(result.status()).isZero();
    }
  }

  @Test
  void aCommandThatDoesNotExistIs127() throws Exception {
    try (CommandProcess client = exec(uri, "no-such-command-anywhere")) {
      Result result = client.runWith(NOTHING);
      assertThat(result.status()).isEqualTo(127);
      assertThat(result.errors())
          .isEqualTo("libchan: command not found: no-such-command-anywhere\n");
    }
  }

  @Test
  void onlyAllowedCommandsRun() throws Exception {
    try (CommandProcess strict =
        CommandProcess.start("exec-server", "--listen", "tcp://127.0.0.1:0", "--allow", "echo")) {
      String at = strict.line();
      try (CommandProcess good = exec(at, "echo", "hello")) {
        assertThat(good.runWith(NOTHING).text()).isEqualTo("hello\n");
      }
      try (CommandProcess bad = exec(at, "sh", "-c", "echo hello")) {
        Result result = bad.runWith(NOTHING);
        assertThat(result.status()).isEqualTo(125);
        assertThat(result.errors()).isEqualTo("libchan: command not allowed: sh\n");
        assertThat(result.output()).isEmpty();
      }
    }
  }

  @Test
  void aRefusedConnectionIs125WithOneLine() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    try (CommandProcess client = exec("tcp://127.0.0.1:" + free, "true")) {
      Result result = client.runWith(NOTHING);
      assertThat(result.status()).isEqualTo(125);
      assertThat(result.errors()).startsWith("libchan: ").contains("refused").hasLineCount(1);
    }
  }

  @Test
  void aKilledServerIsALostConnection() throws Exception {
    try (CommandProcess doomed =
            CommandProcess.start("exec-server", "--listen", "tcp://127.0.0.1:0");
        CommandProcess client = exec(doomed.line(), "sh", "-c", "echo started; exec cat")) {
      assertThat(client.line()).isEqualTo("started");
      doomed.process().destroyForcibly();
      Result result = client.end();
      assertThat(result.status()).isEqualTo(125);
      assertThat(result.errors()).startsWith("libchan: connection lost").hasLineCount(1);
    }
  }

  @Test
  void aStoppedServerIsFoundByKeepAlive() throws Exception {
    try (CommandProcess stopped =
            CommandProcess.start("exec-server", "--listen", "tcp://127.0.0.1:0");
        CommandProcess client = exec(stopped.line(), "sh", "-c", "echo started; exec cat")) {
      assertThat(client.line()).isEqualTo("started");
      stopped.signal("STOP");
      long start = System.nanoTime();
      Result result = client.end();
      assertThat(result.status()).isEqualTo(125);
      assertThat(result.errors()).startsWith("libchan: connection lost").hasLineCount(1);
      assertThat(NANOSECONDS.toSeconds(System.nanoTime() - start)).isLessThan(10);
    }
  }

  @Test
  void aClientThatGoesAwayEndsItsCommandAndWhatThatStarted() throws Exception {
    try (CommandProcess client =
        exec(uri, "sh", "-c", "sleep 300 & echo $$; echo $!; wait; echo never")) {
      List<ProcessHandle> started = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        ProcessHandle.of(Long.parseLong(client.line())).ifPresent(started::add);
      }
      assertThat(started).hasSize(2);
      client.process().destroyForcibly();
      for (ProcessHandle each : started) {
        each.onExit().get(10, SECONDS);
      }
    }
  }

  @Test
  void aServerThatIsToldToStopTakesItsCommandsAlong() throws Exception {
    try (CommandProcess told =
            CommandProcess.start("exec-server", "--listen", "tcp://127.0.0.1:0");
        CommandProcess client = exec(told.line(), "sh", "-c", "echo $$; exec sleep 300")) {
      ProcessHandle command = ProcessHandle.of(Long.parseLong(client.line())).orElseThrow();
      told.signal("TERM");
      command.onExit().get(10, SECONDS);
      Result result = client.end();
      assertThat(result.status()).isIn(128 + 15, 125);
      assertThat(told.process().waitFor(10, SECONDS)).isTrue();
    }
  }

  @Test
  void otherMachinesAreNotLetIn() throws Exception {
    try (CommandProcess open = CommandProcess.start("exec-server", "--listen", "tcp://0.0.0.0:0")) {
      Result result = open.runWith(NOTHING);
      assertThat(result.status()).isEqualTo(125);
      assertThat(result.errors()).contains("refusing to listen").hasLineCount(1);
    }
  }

  @Test
  void commandsRunSideBySide() throws Exception {
    try (CommandProcess slow = exec(uri, "cat");
        CommandProcess fast = exec(uri, "echo", "fast")) {
      assertThat(fast.runWith(NOTHING).text()).isEqualTo("fast\n");
      assertThat(slow.runWith("slow".getBytes(UTF_8)).text()).isEqualTo("slow");
    }
  }
}
