package io.libchan.testkit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.CRC32C;

/**
 * What was sent and what arrived, written by both sides and compared by neither's code: {@link
 * #check} tells lost, doubled, swapped and changed messages.
 *
 * <p>Thread-safe.
 */
public final class Ledger {
  private final ConcurrentLinkedQueue<Entry> sent = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Entry> received = new ConcurrentLinkedQueue<>();

  /** An empty ledger. */
  public Ledger() {}

  /**
   * One message.
   *
   * @param channel which channel
   * @param sequence its place in the channel
   * @param length its length
   * @param checksum the CRC32C of its bytes
   */
  public record Entry(String channel, long sequence, int length, long checksum) {}

  /** Writes down what was sent. One thread for each channel. */
  public void sent(String channel, long sequence, byte[] bytes) {
    sent.add(entry(channel, sequence, bytes));
  }

  /** Writes down what was received. One thread for each channel. */
  public void received(String channel, long sequence, byte[] bytes) {
    received.add(entry(channel, sequence, bytes));
  }

  /** How many messages were sent. */
  public int sentCount() {
    return sent.size();
  }

  /** Checks that everything that was sent arrived: once, in order, unchanged. */
  public void check() {
    check(true);
  }

  /** As {@link #check}, for channels that were cut: what arrived must be how the sent began. */
  public void checkPrefixes() {
    check(false);
  }

  private void check(boolean complete) {
    Map<String, List<Entry>> there = byChannel(sent);
    Map<String, List<Entry>> here = byChannel(received);
    List<String> wrong = new ArrayList<>();
    here.forEach(
        (channel, entries) ->
            compare(channel, there.getOrDefault(channel, List.of()), entries, wrong));
    if (complete) {
      there.forEach(
          (channel, entries) -> {
            int arrived = here.getOrDefault(channel, List.of()).size();
            if (arrived < entries.size()) {
              wrong.add(channel + ": " + arrived + " of " + entries.size() + " arrived");
            }
          });
    }
    if (!wrong.isEmpty()) {
      throw new AssertionError("the ledger does not balance: " + String.join("; ", wrong));
    }
  }

  private static void compare(
      String channel, List<Entry> there, List<Entry> here, List<String> wrong) {
    for (int i = 0; i < here.size(); i++) {
      if (i >= there.size()) {
        wrong.add(channel + ": " + here.get(i) + " was never sent");
        return;
      }
      if (!here.get(i).equals(there.get(i))) {
        wrong.add(channel + ": " + here.get(i) + " arrived in the place of " + there.get(i));
        return;
      }
    }
  }

  private static Map<String, List<Entry>> byChannel(Iterable<Entry> entries) {
    Map<String, List<Entry>> found = new HashMap<>();
    for (Entry entry : entries) {
      found.computeIfAbsent(entry.channel(), name -> new ArrayList<>()).add(entry);
    }
    return found;
  }

  private static Entry entry(String channel, long sequence, byte[] bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, bytes.length);
    return new Entry(channel, sequence, bytes.length, checksum.getValue());
  }
}
