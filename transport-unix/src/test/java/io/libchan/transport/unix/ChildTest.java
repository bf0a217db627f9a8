package io.libchan.transport.unix;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Rule;
import java.io.File;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What needs a JVM of its own: other paths, limits, users and charsets than this one's. */
final class ChildTest {
  private static final long NOBODY = 65534;
  private static final String MODULE = "io.libchan.transport.unix";

  @TempDir Path folder;

  private static List<Path> classPath() {
    return Arrays.stream(
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(File.pathSeparator, -1))
        .map(Path::of)
        .filter(Files::exists)
        .toList();
  }

  private static boolean isTests(Path entry) {
    return entry.endsWith("test-classes");
  }

  /** What a program needs, and no test. */
  private static List<Path> needed() {
    return classPath().stream()
        .filter(
            entry ->
                (entry.endsWith("classes") && !entry.toString().contains("testkit"))
                    || entry
                        .getFileName()
                        .toString()
                        .matches("(junixsocket|jackson|libchan-(api|core|codec)).*\\.jar"))
        .toList();
  }

  private static String joined(List<Path> entries) {
    return entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  private static String tests() {
    return joined(classPath().stream().filter(ChildTest::isTests).toList());
  }

  private static List<String> java(String... options) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    words.addAll(List.of(options));
    return words;
  }

  private static Map<String, String> run(List<String> words, String... more) throws Exception {
    List<String> all = new ArrayList<>(words);
    all.addAll(List.of(more));
    ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
    builder.environment().put("LC_ALL", "C");
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    Process process = builder.start();
    process.getOutputStream().close();
    try (InputStream output = process.getInputStream()) {
      String text = new String(output.readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(text).isZero();
      return text.lines()
          .filter(line -> line.matches("[a-z]+=.*"))
          .collect(
              Collectors.toMap(
                  line -> line.substring(0, line.indexOf('=')),
                  line -> line.substring(line.indexOf('=') + 1)));
    } finally {
      process.destroyForcibly();
    }
  }

  private Path file() throws Exception {
    return Files.writeString(folder.resolve("file"), "x");
  }

  @Test
  @Rule("FD-2")
  void onTheModulePathDescriptorsAreTakenTo() throws Exception {
    List<String> named = java("-p", joined(needed()), "--add-modules", "ALL-MODULE-PATH");
    named.addAll(List.of("--patch-module", MODULE + "=" + tests()));
    named.add("-m");
    String main = MODULE + "/" + Child.class.getName();
    String file = file().toRealPath().toString();
    Map<String, String> said = run(named, main, "pass", file, "60");
    assertThat(said)
        .containsEntry("module", "io.libchan.transport.unix")
        .containsEntry("passed", "true")
        .containsEntry("ended", "true")
        .containsEntry("left", "60"); // the library's, which cuts what comes and forgets it
    named.addAll(
        1, List.of("--add-opens", "org.newsclub.net.unix/org.newsclub.net.unix=" + MODULE));
    said = run(named, main, "pass", file, "0");
    assertThat(said).containsEntry("passed", "true").containsEntry("left", "0");
  }

  @Test
  void withoutTheNativeLibraryTheErrorNamesTheFix() throws Exception {
    List<Path> entries = new ArrayList<>(needed());
    entries.removeIf(entry -> entry.toString().contains("junixsocket-native"));
    Map<String, String> said =
        run(
            java("-cp", joined(entries) + File.pathSeparator + tests()),
            Child.class.getName(),
            "connect");
    assertThat(said.get("failure"))
        .contains("CONNECT_FAILED", "junixsocket-native-common", "--enable-native-access");
  }

  @Test
  @Rule("UNX-1")
  void anAbstractNameIsInUtf8WhateverThePlatformsCharset() throws Exception {
    String charset =
        Runtime.version().feature() < 18
            ? "-Dx=x"
            : "-Dfile.encoding=COMPAT"; // then as LC_ALL says
    Map<String, String> said =
        run(
            java(charset, "-cp", joined(needed()) + File.pathSeparator + tests()),
            Child.class.getName(),
            "address");
    assertThat(said.get("charset")).doesNotContain("UTF");
    assertThat(said.get("bytes")).isEqualTo("[0, -61, -87]");
  }

  /** The system counts what is under way against a user's limit, unless the user is root. */
  @Test
  void moreUnderWayThanTheSystemLetsEndsTheSessionWithItsWords() throws Exception {
    List<String> words = new ArrayList<>();
    Path jars = folder;
    List<Path> entries = new ArrayList<>(classPath().stream().filter(ChildTest::isTests).toList());
    entries.addAll(needed());
    if (Users.own() == 0) {
      jars = readable(entries);
      words.addAll(
          List.of("setpriv", "--reuid", "" + NOBODY, "--regid", "" + NOBODY, "--clear-groups"));
    }
    words.addAll(List.of("prlimit", "--nofile=200:200"));
    words.addAll(java("-XX:-MaxFDLimit", "-Djava.io.tmpdir=" + jars));
    Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("rw-r--r--"));
    String path = Users.own() == 0 ? all(jars) : joined(entries);
    words.addAll(List.of("-cp", path));
    Map<String, String> said = run(words, Child.class.getName(), "flood", file().toString());
    assertThat(said.get("full")).contains("Too many references");
    assertThat(said.get("reason")).contains("Too many references");
    assertThat(said.get("far")).isEqualTo("lost");
  }

  private static String all(Path directory) throws Exception {
    try (Stream<Path> found = Files.list(directory)) {
      return joined(found.filter(each -> !each.endsWith("file")).sorted().toList());
    }
  }

  /** Copies that every user can read. */
  private Path readable(List<Path> entries) throws Exception {
    Path directory = Files.createDirectory(folder.resolve("path"));
    int number = 0;
    for (Path entry : entries) {
      Path to = directory.resolve(number++ + (Files.isDirectory(entry) ? "" : ".jar"));
      try (Stream<Path> all = Files.walk(entry)) {
        for (Path each : (Iterable<Path>) all::iterator) {
          Files.copy(each, to.resolve(entry.relativize(each).toString()).normalize());
        }
      }
    }
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path each : (Iterable<Path>) all::iterator) {
        Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    return directory;
  }
}
