package io.libchan.transport.spdy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What one side wrote: its streams, its replies, the bytes and ends of each. */
final class Traffic {
  final Map<Integer, Map<String, String>> opened = new TreeMap<>();
  final Map<Integer, Map<String, String>> replied = new TreeMap<>();
  final Map<Integer, ByteArrayOutputStream> data = new TreeMap<>();
  final Set<Integer> ended = new TreeSet<>();
  final Set<Integer> reset = new TreeSet<>();
  boolean goAway;

  static Traffic of(byte[] bytes) throws IOException {
    Traffic traffic = new Traffic();
    Frames frames = new Frames();
    ByteArrayInputStream in = new ByteArrayInputStream(bytes);
    for (Frames.Frame frame = frames.read(in); frame != null; frame = frames.read(in)) {
      traffic.add(frame);
    }
    return traffic;
  }

  synchronized void add(Frames.Frame frame) {
    switch (frame.type()) {
      case Frames.SYN_STREAM -> opened.put(frame.stream(), frame.headers());
      case Frames.SYN_REPLY -> replied.put(frame.stream(), frame.headers());
      case Frames.RST_STREAM -> reset.add(frame.stream());
      case Frames.GOAWAY -> goAway = true;
      case Frames.DATA -> {
        data.computeIfAbsent(frame.stream(), none -> new ByteArrayOutputStream())
            .writeBytes(frame.payload());
        if (frame.isLast()) {
          ended.add(frame.stream());
        }
      }
      default -> {}
    }
    notifyAll();
  }

  synchronized void awaitOpened(int stream) throws InterruptedException {
    while (!opened.containsKey(stream)) {
      wait();
    }
  }

  synchronized void awaitGoAway() throws InterruptedException {
    while (!goAway) {
      wait();
    }
  }

  /** Waits for so many bytes and, if asked, the end of a stream. */
  synchronized void awaitData(int stream, int bytes, boolean end) throws InterruptedException {
    while (bytes(stream).length < bytes || (end && !ended.contains(stream))) {
      wait();
    }
  }

  synchronized byte[] bytes(int stream) {
    ByteArrayOutputStream found = data.get(stream);
    return found == null ? new byte[0] : found.toByteArray();
  }
}
