package io.libchan.examples.threenodes;

import io.libchan.testkit.Waits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A node in a process of its own, and what it says. Thread-safe. */
final class Node implements AutoCloseable {
  private final Process process;
  private final Thread reader;
  private final List<String> notable = new CopyOnWriteArrayList<>();
  private volatile long received;

  private Node(Process process) {
    this.process = process;
    reader = new Thread(this::read, "node-output");
    reader.setDaemon(true);
    reader.start();
  }

  static Node start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"));
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(ThreeNodes.class.getName());
    command.addAll(List.of(args));
    return new Node(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("received=")) {
          received = Long.parseLong(line.substring("received=".length()));
        } else {
          notable.add(line);
        }
      }
    } catch (IOException e) {
      notable.add("closed=" + e.getMessage()); // as a killed process's output may be
    }
  }

  String uri() throws Exception {
    return await("uri");
  }

  /** Waits until it says something of this name; what. */
  String await(String name) throws Exception {
    Waits.until(name + " from a node", () -> find(name) != null);
    return find(name);
  }

  /** How often it said something of this name. */
  long count(String name) {
    return notable.stream().filter(line -> line.startsWith(name + "=")).count();
  }

  private String find(String name) {
    for (String line : notable) {
      if (line.startsWith(name + "=")) {
        return line.substring(name.length() + 1);
      }
    }
    return null;
  }

  /** How many messages it said it had received. */
  long received() {
    return received;
  }

  boolean saidWrong() {
    return find("wrong") != null;
  }

  /** Kills it as {@code kill -9} does, and reads what it had said. */
  void kill() throws InterruptedException {
    process.toHandle().destroyForcibly(); // the process's own method closes what it said, too
    process.waitFor();
    reader.join();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
