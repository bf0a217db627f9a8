package io.libchan.conformance;

import io.libchan.Limits;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A deliberately broken peer: our own, with a defect of its limits or of what passes on its way.
 *
 * @param rule the rule that it breaks, and no other
 * @param name what it does
 * @param defect made anew for each connection
 * @param limits what it does to the peer's limits
 */
record Mutant(
    String rule, String name, Supplier<Middle.Defect> defect, UnaryOperator<Limits> limits) {
  private static final byte[] NOTHING = new byte[0];

  @Override
  public String toString() {
    return rule + " " + name;
  }

  static List<Mutant> all() {
    return List.of(
        peerFrames("MUX-2", "does not answer SYN", Mutant::withoutAck),
        peerFrames("MUX-3", "ends streams on WINDOW_UPDATE", Mutant::finOnWindowUpdate),
        peerFrames("MUX-5", "resets without a number", Mutant::withoutNumber),
        new Mutant("MUX-7", "sends more than the window", MoreCredit::new, limits -> limits),
        new Mutant("MUX-9", "grants on receipt", GrantsOnReceipt::new, limits -> limits),
        peerFrames("MUX-11", "answers PING with another value", Mutant::otherPing),
        peerFrames("MUX-12", "never sends PING", Mutant::withoutPing),
        new Mutant("MUX-14", "uses an id twice", SameId::new, limits -> limits),
        peerFrames("PRE-1", "has references of the tester's parity", Mutant::otherReference),
        peerFrames("CTL-1", "says another version in HELLO", Mutant::otherVersion),
        testerFrames("CTL-3", "takes any version", Mutant::anyVersion),
        testerFrames("CTL-7", "opens more streams than it may", Mutant::moreStreams),
        new Mutant("CH-11", "acknowledges at the whole capacity", LateAck::new, limits -> limits),
        peerFrames("CH-13", "acknowledges a hundred too many", Mutant::hundredMore),
        testerFrames("CH-14", "takes more than the capacity", Mutant::moreCapacity),
        new Mutant("CH-41", "forgets why bytes were reset", OtherReason::new, limits -> limits),
        new Mutant("ATT-3", "takes a reference of another channel", Forged::new, limits -> limits),
        new Mutant(
            "COD-4",
            "takes any depth",
            () -> new Middle.Defect() {},
            limits -> limits.withMaxDepth(20_000)));
  }

  private interface Change {
    List<MuxFrame> of(MuxFrame frame);
  }

  private static Mutant peerFrames(String rule, String name, Change change) {
    return new Mutant(
        rule,
        name,
        () ->
            new Middle.Defect() {
              @Override
              public List<MuxFrame> fromPeer(MuxFrame frame) {
                return change.of(frame);
              }
            },
        limits -> limits);
  }

  private static Mutant testerFrames(String rule, String name, Change change) {
    return new Mutant(
        rule,
        name,
        () ->
            new Middle.Defect() {
              @Override
              public List<MuxFrame> toPeer(MuxFrame frame) {
                return change.of(frame);
              }
            },
        limits -> limits);
  }

  private static List<MuxFrame> withoutAck(MuxFrame frame) {
    boolean answer = frame.type() == Codes.WINDOW_UPDATE && frame.has(Codes.ACK);
    return answer ? List.of() : List.of(frame);
  }

  private static List<MuxFrame> finOnWindowUpdate(MuxFrame frame) {
    return List.of(
        frame.has(Codes.FIN)
            ? MuxFrame.of(Codes.WINDOW_UPDATE, Codes.FIN, frame.stream(), 0)
            : frame);
  }

  private static List<MuxFrame> withoutNumber(MuxFrame frame) {
    return List.of(
        frame.has(Codes.RST) ? MuxFrame.of(frame.type(), Codes.RST, frame.stream(), 0) : frame);
  }

  private static List<MuxFrame> otherPing(MuxFrame frame) {
    boolean answer = frame.type() == Codes.PING && frame.has(Codes.ACK);
    return List.of(answer ? MuxFrame.of(Codes.PING, Codes.ACK, 0, frame.length() ^ 0x100) : frame);
  }

  private static List<MuxFrame> withoutPing(MuxFrame frame) {
    return frame.type() == Codes.PING && frame.has(Codes.SYN) ? List.of() : List.of(frame);
  }

  private static List<MuxFrame> otherReference(MuxFrame frame) {
    if (frame.stream() % 2 == 1 || !isPreamble(frame)) {
      return List.of(frame);
    }
    byte[] payload = frame.payload().clone();
    payload[10] ^= 1;
    return List.of(MuxFrame.data(frame.flags(), frame.stream(), payload));
  }

  /** Whether it may be the first DATA of a stream. */
  private static boolean isPreamble(MuxFrame frame) {
    byte[] payload = frame.payload();
    return payload.length >= 11
        && payload[0] == 0
        && Byte.toUnsignedInt(payload[1]) + 2 == payload.length
        && payload[2] >= 0
        && payload[2] <= 6;
  }

  private static Preamble preamble(MuxFrame frame) {
    byte[] payload = frame.payload();
    Preamble read =
        isPreamble(frame) ? Preamble.read(Arrays.copyOfRange(payload, 2, payload.length)) : null;
    return read == null ? new Preamble(-1, 0, Map.of()) : read;
  }

  private static List<MuxFrame> otherVersion(MuxFrame frame) {
    return version(frame, '1', '2');
  }

  private static List<MuxFrame> anyVersion(MuxFrame frame) {
    return version(frame, '2', '1');
  }

  /** The version is the first header of HELLO: kind, length, key 1, one byte. */
  private static List<MuxFrame> version(MuxFrame frame, char from, char to) {
    byte[] payload = frame.payload().clone();
    if (!isHello(frame) || payload[8] != from) {
      return List.of(frame);
    }
    payload[8] = (byte) to;
    return List.of(MuxFrame.data(0, 1, payload));
  }

  private static boolean isHello(MuxFrame frame) {
    byte[] payload = frame.payload();
    return frame.stream() == 1
        && payload.length > 9
        && payload[0] == Codes.HELLO
        && payload[5] == 1
        && payload[7] == 1;
  }

  private static List<MuxFrame> moreStreams(MuxFrame frame) {
    byte[] one = Preamble.header(Hello.STREAMS, Bytes.u32(1));
    return isHello(frame)
        ? replace(frame, one, Preamble.header(Hello.STREAMS, Bytes.u32(100)))
        : List.of(frame);
  }

  private static List<MuxFrame> moreCapacity(MuxFrame frame) {
    byte[] two = Preamble.header(Preamble.CAPACITY, Bytes.u32(2));
    return isPreamble(frame)
        ? replace(frame, two, Preamble.header(Preamble.CAPACITY, Bytes.u32(50)))
        : List.of(frame);
  }

  private static List<MuxFrame> replace(MuxFrame frame, byte[] before, byte[] after) {
    byte[] payload = frame.payload().clone();
    for (int at = 0; at + before.length <= payload.length; at++) {
      if (Arrays.equals(payload, at, at + before.length, before, 0, before.length)) {
        System.arraycopy(after, 0, payload, at, after.length);
      }
    }
    return List.of(MuxFrame.data(frame.flags(), frame.stream(), payload));
  }

  private static List<MuxFrame> hundredMore(MuxFrame frame) {
    byte[] payload = frame.payload().clone();
    boolean ack = payload.length == 13 && payload[0] == Codes.RECEIVED && payload[4] == 8;
    if (!ack) {
      return List.of(frame);
    }
    payload[12] = (byte) (payload[12] + 100);
    return List.of(MuxFrame.data(0, frame.stream(), payload));
  }

  /** Another reason for resets of two-way byte streams. */
  private static final class OtherReason implements Middle.Defect {
    private final Set<Integer> streams = new HashSet<>(); // the tester's direction only

    @Override
    public List<MuxFrame> toPeer(MuxFrame frame) {
      if (preamble(frame).kind() == Codes.TWO_WAY) {
        streams.add(frame.stream());
      }
      boolean other = frame.has(Codes.RST) && streams.contains(frame.stream());
      return List.of(
          other && frame.length() != Codes.END
              ? MuxFrame.of(frame.type(), Codes.RST, frame.stream(), 70_002)
              : frame);
    }
  }

  /** Gives the peer more credit than the tester did, for two-way byte streams. */
  private static final class MoreCredit implements Middle.Defect {
    @Override
    public List<MuxFrame> toPeer(MuxFrame frame) {
      return preamble(frame).kind() == Codes.TWO_WAY
          ? List.of(frame, MuxFrame.of(Codes.WINDOW_UPDATE, 0, frame.stream(), 100_000))
          : List.of(frame);
    }
  }

  /** Answers bytes by credit at once, and swallows the peer's own. */
  private static final class GrantsOnReceipt implements Middle.Defect {
    private final Set<Integer> streams = ConcurrentHashMap.newKeySet();
    private final Map<Integer, Long> owed = new ConcurrentHashMap<>();

    @Override
    public List<MuxFrame> toPeer(MuxFrame frame) {
      if (preamble(frame).kind() == Codes.TWO_WAY) {
        streams.add(frame.stream());
      } else if (frame.type() == Codes.DATA && streams.contains(frame.stream())) {
        owed.merge(frame.stream(), frame.length(), Long::sum);
      }
      return List.of(frame);
    }

    @Override
    public List<MuxFrame> fromPeer(MuxFrame frame) {
      boolean credit = frame.type() == Codes.WINDOW_UPDATE && frame.flags() == 0;
      if (credit && streams.contains(frame.stream())) {
        return List.of();
      }
      if (frame.type() != Codes.PING || owed.isEmpty()) {
        return List.of(frame);
      }
      Map<Integer, Long> now = new HashMap<>(owed);
      owed.keySet().removeAll(now.keySet());
      java.util.ArrayList<MuxFrame> all = new java.util.ArrayList<>();
      now.forEach((id, bytes) -> all.add(MuxFrame.of(Codes.WINDOW_UPDATE, 0, id, bytes)));
      all.add(frame);
      return all;
    }
  }

  /** Says the first id for each stream that the peer opens. */
  private static final class SameId implements Middle.Defect {
    @Override
    public List<MuxFrame> fromPeer(MuxFrame frame) {
      boolean peers = frame.stream() != 0 && frame.stream() % 2 == 0;
      return List.of(
          peers
              ? new MuxFrame(0, frame.type(), frame.flags(), 2, frame.length(), frame.payload())
              : frame);
    }
  }

  /** Keeps ACK back until it says the whole capacity, or something else than messages came. */
  private static final class LateAck implements Middle.Defect {
    private final Map<Integer, Integer> capacities = new ConcurrentHashMap<>();
    private final Set<Integer> asked = ConcurrentHashMap.newKeySet();

    @Override
    public List<MuxFrame> toPeer(MuxFrame frame) {
      Preamble preamble = preamble(frame);
      if (preamble.kind() == Codes.OPENER_SENDS) {
        capacities.put(frame.stream(), preamble.capacity());
      } else if (frame.type() == Codes.DATA
          && (frame.payload().length == 0 || frame.payload()[0] != Codes.MESSAGE)) {
        asked.add(frame.stream());
      }
      return List.of(frame);
    }

    @Override
    public List<MuxFrame> fromPeer(MuxFrame frame) {
      byte[] payload = frame.payload();
      boolean ack = payload.length == 13 && payload[0] == Codes.RECEIVED;
      if (!ack || asked.contains(frame.stream())) {
        return List.of(frame);
      }
      long number = ByteBuffer.wrap(payload).getLong(5);
      return number < capacities.getOrDefault(frame.stream(), 0)
          ? List.of(MuxFrame.data(0, frame.stream(), NOTHING))
          : List.of(frame);
    }
  }

  /** Makes byte streams of a command channel those of the receiver that it keeps. */
  private static final class Forged implements Middle.Defect {
    private final Set<Long> kept = new HashSet<>(); // the tester's direction only

    @Override
    public List<MuxFrame> toPeer(MuxFrame frame) {
      Preamble preamble = preamble(frame);
      if (preamble.kind() == Codes.OPENER_SENDS && preamble.parent() != 0) {
        kept.add(preamble.reference());
      }
      if (preamble.kind() != Codes.TWO_WAY || kept.isEmpty()) {
        return List.of(frame);
      }
      long other = kept.iterator().next();
      return replace(
          frame,
          Preamble.header(Preamble.PARENT, Bytes.u64(preamble.parent())),
          Preamble.header(Preamble.PARENT, Bytes.u64(other)));
    }
  }
}
