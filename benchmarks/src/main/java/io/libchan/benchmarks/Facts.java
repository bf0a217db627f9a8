package io.libchan.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Where, when and with what a run took place, in the order to print. */
record Facts(Map<String, String> values) {
  static Facts collect() throws IOException, InterruptedException {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    values.put("commit", commit());
    values.put("cores", String.valueOf(Runtime.getRuntime().availableProcessors()));
    values.put("processor", processor());
    values.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    values.put("load at start", String.valueOf(loadAverage()));
    values.put("jdk", System.getProperty("java.vm.vendor") + " " + Runtime.version());
    values.put("heap limit MiB", String.valueOf(Runtime.getRuntime().maxMemory() >> 20));
    values.put("event loops", Loops.kind());
    values.putAll(versions());
    return new Facts(values);
  }

  private static Map<String, String> versions() throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Facts.class.getResourceAsStream("versions.properties")) {
      properties.load(in);
    }
    Map<String, String> versions = new TreeMap<>();
    properties.forEach((name, version) -> versions.put((String) name, (String) version));
    return versions;
  }

  private static double loadAverage() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private static String processor() throws IOException {
    Path info = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(info)) {
      return System.getProperty("os.arch");
    }
    return Files.readAllLines(info).stream()
        .filter(line -> line.startsWith("model name"))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch"));
  }

  private static String commit() throws InterruptedException {
    try {
      String changes = git("status", "--porcelain", "--untracked-files=no");
      return git("rev-parse", "HEAD") + (changes.isEmpty() ? "" : " with local changes");
    } catch (IOException e) {
      return "unknown";
    }
  }

  private static String git(String... arguments) throws IOException, InterruptedException {
    String[] command = new String[arguments.length + 1];
    command[0] = "git";
    System.arraycopy(arguments, 0, command, 1, arguments.length);
    Process git =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String answer = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (!git.waitFor(10, TimeUnit.SECONDS) || git.exitValue() != 0) {
      throw new IOException("git " + arguments[0] + " failed");
    }
    return answer;
  }
}
