package io.libchan.cli.exec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code exec} between processes of one machine: the command gets the client's own streams. */
final class ExecUnixTest {
  private static final long BULK_BYTES = 1L << 30;

  @TempDir Path folder;
  private CommandProcess server;
  private String uri;

  @BeforeEach
  void serve() throws Exception {
    server = CommandProcess.start("exec-server", "--listen", "unix:" + folder.resolve("exec"));
    uri = server.line();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private CommandProcess exec(String... words) throws Exception {
    List<String> all = new ArrayList<>(List.of("exec", uri, "--"));
    all.addAll(List.of(words));
    return CommandProcess.start(all.toArray(new String[0]));
  }

  @Test
  void theCommandsStreamsAreThoseOfTheClient() throws Exception {
    String theirs;
    String ours;
    try (CommandProcess client = exec("sh", "-c", "readlink /proc/self/fd/0 /proc/self/fd/1")) {
      ours = "" + Files.readSymbolicLink(Path.of("/proc/" + client.process().pid() + "/fd/0"));
      theirs = client.runWith(new byte[0]).text();
    }
    assertThat(ours).startsWith("pipe:");
    assertThat(theirs.lines().findFirst()).contains(ours);
  }

  @Test
  void inputOutputErrorsAndStatusArriveEitherWay() throws Exception {
    for (String policy : List.of("prefer", "never")) {
      try (CommandProcess client =
          CommandProcess.start(
              "exec",
              "--descriptors",
              policy,
              uri,
              "--",
              "sh",
              "-c",
              "tr a-z A-Z; echo oops >&2; exit 7")) {
        CommandProcess.Result result = client.runWith("hello".getBytes(UTF_8));
        assertThat(result.text()).isEqualTo("HELLO");
        assertThat(result.errors()).contains("oops");
        assertThat(result.status()).isEqualTo(7);
      }
    }
  }

  @Test
  void aWordAboutAFailureStillReachesTheClientsErrors() throws Exception {
    try (CommandProcess client = exec("no-such-command-here")) {
      CommandProcess.Result result = client.runWith(new byte[0]);
      assertThat(result.status()).isEqualTo(127);
      assertThat(result.errors()).contains("libchan:");
    }
  }

  @Test
  void policiesThatDontExistAreRefused() throws Exception {
    try (CommandProcess client =
        CommandProcess.start("exec", "--descriptors", "perhaps", uri, "--", "true")) {
      CommandProcess.Result result = client.runWith(new byte[0]);
      assertThat(result.status()).isEqualTo(125);
      assertThat(result.errors()).contains("--descriptors must be");
    }
  }

  /** Without descriptors every byte is copied by the client; with them none is. */
  @Test
  void aGigabyteCostsTheClientNothing() throws Exception {
    Path big = folder.resolve("big");
    try (RandomAccessFile file = new RandomAccessFile(big.toFile(), "rw")) {
      file.setLength(BULK_BYTES);
    }
    double passed = cpuSeconds("prefer", big);
    double pumped = cpuSeconds("never", big);
    System.out.printf(
        "cat of 1 GiB: CPU time of the client %.2f s with descriptors, %.2f s pumped%n",
        passed, pumped);
    assertThat(passed).isLessThan(pumped);
  }

  /** The shell's account of the client, its only child that has ended when it asks. */
  private double cpuSeconds(String policy, Path input) throws Exception {
    List<String> words = CommandProcess.words("exec", "--descriptors", policy, uri, "--", "cat");
    Path count = folder.resolve("count-" + policy);
    Path times = folder.resolve("times-" + policy);
    List<String> shell =
        new ArrayList<>(
            List.of(
                "bash",
                "-c",
                "set -o pipefail; in=$1; times=$2; shift 2;"
                    + " { me=$BASHPID; \"$@\" < \"$in\"; s=$?;"
                    + " cut -d' ' -f16,17 < /proc/$me/stat > \"$times\";"
                    + " exit $s; } | wc -c",
                "measure",
                input.toString(),
                times.toString()));
    shell.addAll(words);
    Process process =
        new ProcessBuilder(shell)
            .redirectOutput(count.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(Files.readString(count).strip()).isEqualTo(Long.toString(BULK_BYTES));
    String[] ticks = Files.readString(times).strip().split(" ", -1);
    return (Long.parseLong(ticks[0]) + Long.parseLong(ticks[1])) / 100.0;
  }
}
