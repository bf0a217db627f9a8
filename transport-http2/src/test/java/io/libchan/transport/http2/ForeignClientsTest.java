package io.libchan.transport.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.testkit.Certificates;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The clients of nghttp2 (package nghttp2-client), which know nothing of libchan, get sane answers.
 */
final class ForeignClientsTest {
  @TempDir private Path folder;
  private Listener listener;

  private String listen(String scheme) throws Exception {
    Options options =
        Options.builder().with(Certificates.with(null, Certificates.SERVER).build()).build();
    listener = Libchan.listen(scheme + "://127.0.0.1:0/libchan", options, Session::close);
    return listener.uri().toString();
  }

  @AfterEach
  void close() {
    listener.close();
  }

  private String run(String... command) throws Exception {
    Path out = folder.resolve("out");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return Files.readString(out, StandardCharsets.ISO_8859_1);
  }

  @Test
  void nghttpIsToldWhatThisIs() throws Exception {
    for (String scheme : new String[] {"http", "https"}) {
      String uri = listen(scheme);
      assertThat(run("nghttp", "-v", uri))
          .contains(":status: 405")
          .contains("this is libchan: the method is POST");
      assertThat(run("nghttp", "-v", uri + "/deeper"))
          .contains(":status: 404")
          .contains("nothing is served at this path");
      listener.close();
    }
  }

  @Test
  void h2loadGetsAnAnswerToEachRequest() throws Exception {
    for (String scheme : new String[] {"http", "https"}) {
      String uri = listen(scheme);
      String report = run("h2load", "-n", "5000", "-c", "5", "-m", "50", uri);
      assertThat(report)
          .contains("5000 total, 5000 started, 5000 done")
          .contains("0 2xx, 0 3xx, 5000 4xx, 0 5xx");
      listener.close();
    }
  }
}
