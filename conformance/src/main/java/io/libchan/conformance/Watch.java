package io.libchan.conformance;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules that hold for everything a peer sends, whatever a case is about: looks at each frame as
 * it comes, and keeps the first one that breaks a rule.
 *
 * <p>Guarded by the lock of its {@link Wire}.
 */
final class Watch {
  private static final long MOST_WINDOW = Integer.MAX_VALUE;
  private static final Set<Integer> CONTROL_KINDS = Set.of(1, 2, 3, 4, 5);
  private static final Set<Integer> FORWARD_KINDS = Set.of(16, 17, 18, 19, 20);
  private static final Set<Integer> BACKWARD_KINDS = Set.of(32, 33, 34);

  private final Wire wire;
  private final Set<Long> references = new HashSet<>();
  private final Set<Long> named = new HashSet<>();
  private int lastOpened;
  @Nullable Broken broken;

  Watch(Wire wire) {
    this.wire = wire;
  }

  private void broken(String rule, String expected, Object seen) {
    if (broken == null) {
      broken = new Broken(rule, expected, seen.toString());
    }
  }

  /** A frame that came, before anything else is done with it. */
  void frame(MuxFrame frame) {
    if (frame.version() != 0 || frame.type() > Codes.GO_AWAY) {
      broken("MUX-15", "version 0 and a known type", frame);
    } else if (Integer.bitCount(frame.flags()) > 1) {
      broken("MUX-3", "at most one flag", frame);
    } else if (frame.has(Codes.FIN) && (frame.type() != Codes.DATA || frame.length() != 0)) {
      broken("MUX-3", "FIN on DATA of length 0", frame);
    } else if (frame.has(Codes.RST) && frame.type() != Codes.WINDOW_UPDATE) {
      broken("MUX-5", "RST on WINDOW_UPDATE", frame);
    } else if (frame.has(Codes.RST) && frame.length() == Codes.END) {
      broken("MUX-5", "RST with the number of a reason", frame);
    } else if (isUnasked(frame)) {
      broken("MUX-11", "PING with ACK and a value that was asked for", frame);
    } else if (wire.goAway >= 0) {
      broken("MUX-13", "nothing behind GO_AWAY", frame);
    }
  }

  private boolean isUnasked(MuxFrame frame) {
    return frame.type() == Codes.PING
        && frame.has(Codes.ACK)
        && !wire.asked.contains(frame.length());
  }

  /** A frame for a stream that the tester does not know; whether it opens one. */
  boolean opens(MuxFrame frame) {
    boolean peersParity = (frame.stream() % 2 == 1) != wire.connecting;
    if (!frame.has(Codes.SYN)) {
      broken("MUX-15", "frames of streams that were opened", frame);
      return false;
    }
    if (!peersParity || Integer.compareUnsigned(frame.stream(), lastOpened) <= 0) {
      broken("MUX-14", "an id of the opener's parity, above " + lastOpened, frame);
      return false;
    }
    if (frame.type() != Codes.WINDOW_UPDATE || frame.length() != 0) {
      broken("MUX-1", "WINDOW_UPDATE with SYN and length 0", frame);
    }
    if (!wire.helloSent && frame.stream() != 1) {
      broken("CTL-1", "no stream before the tester's HELLO", frame);
    }
    lastOpened = frame.stream();
    return true;
  }

  /** A frame for a stream that is known. */
  void known(Stream stream, MuxFrame frame) {
    if (frame.has(Codes.SYN)) {
      broken("MUX-14", "an id that was not used before", frame);
    } else if (stream.ours && !stream.answered) {
      boolean right =
          frame.type() == Codes.WINDOW_UPDATE
              && (frame.has(Codes.RST) || (frame.has(Codes.ACK) && frame.length() == 0));
      if (!right) {
        broken("MUX-2", "WINDOW_UPDATE with ACK and length 0, or RST, first", frame);
      }
    } else if (!stream.ours
        && stream.preamble == null
        && frame.type() != Codes.DATA
        && !frame.has(Codes.RST)) {
      broken("MUX-1", "DATA with the preamble directly behind SYN", frame);
    }
  }

  /** Credit that the peer gave. */
  void credit(Stream stream) {
    if (stream.room > MOST_WINDOW) {
      broken("MUX-7", "a window of at most 2^31-1", stream + ": " + stream.room);
    }
  }

  /** Bytes of the peer's. */
  void bytes(Stream stream, MuxFrame frame) {
    if (stream.got > stream.granted) {
      broken(
          "MUX-7",
          "no more than the " + stream.granted + " bytes granted on " + stream,
          stream.got + " bytes");
    }
    if (stream.preamble == null) {
      preamble(stream, frame.payload());
    } else {
      stream.bytes.writeBytes(frame.payload());
    }
    if (stream.hasFrames()) {
      cut(stream);
    }
  }

  private void preamble(Stream stream, byte[] payload) {
    int length = payload.length < 2 ? 0 : Short.toUnsignedInt(ByteBuffer.wrap(payload).getShort());
    if (payload.length < 2 || payload.length < 2 + Math.min(length, Preamble.MOST)) {
      broken("MUX-1", "DATA that begins with the whole preamble", payload.length + " bytes");
      return;
    }
    Preamble preamble =
        length > Preamble.MOST ? null : Preamble.read(Arrays.copyOfRange(payload, 2, 2 + length));
    if (preamble == null) {
      broken("PRE-2", "a well-formed preamble", length + " bytes on " + stream);
      return;
    }
    stream.preamble = preamble;
    stream.bytes.write(payload, 2 + length, payload.length - 2 - length);
    check(stream, preamble);
  }

  private void check(Stream stream, Preamble preamble) {
    long reference = preamble.reference();
    boolean peersParity = (reference % 2 == 1) != wire.connecting;
    if (reference <= 0 || !peersParity) {
      broken("PRE-1", "a reference of the opener's parity above 0", reference);
    } else if (!references.add(reference)) {
      broken("PRE-1", "a reference that was not used before", reference);
    }
    if (stream.id == 1 && (preamble.kind() != Codes.CONTROL || reference != 1)) {
      broken("PRE-5", "first a stream of kind 0 with reference 1", preamble);
    } else if (stream.id != 1 && preamble.kind() == Codes.CONTROL) {
      broken("PRE-5", "one stream of kind 0", preamble);
    } else if (preamble.kind() > 6) {
      broken("PRE-4", "a kind of this version", preamble.kind());
    } else if (preamble.kind() > Codes.OPENER_SENDS && preamble.parent() == 0) {
      broken("PRE-6", "a parent for kind " + preamble.kind(), "none");
    } else if (preamble.kind() == Codes.OPENER_SENDS || preamble.kind() == Codes.OPENER_RECEIVES) {
      byte[] codec = preamble.headers().get(Preamble.CODEC);
      if (codec == null || !wire.codecs.contains(Bytes.text(codec))) {
        broken("PRE-9", "a codec of " + wire.codecs, codec == null ? "none" : Bytes.text(codec));
      }
    }
  }

  private void cut(Stream stream) {
    ByteBuffer in = ByteBuffer.wrap(stream.bytes.toByteArray());
    boolean any = false;
    while (in.remaining() >= 5) {
      long length = Integer.toUnsignedLong(in.getInt(in.position() + 1));
      int kind = in.get(in.position());
      if (!kinds(stream).contains(kind)) {
        broken("FRM-1", "a frame of " + kinds(stream) + " on " + stream, Codes.frame(kind));
        break;
      }
      if (in.remaining() - 5 < length) {
        break;
      }
      in.position(in.position() + 5);
      byte[] body = new byte[(int) length];
      in.get(body);
      any = true;
      ChannelFrame frame = new ChannelFrame(kind, body);
      wire.note("   " + stream + ": " + frame);
      check(stream, frame);
      stream.frames.add(frame);
    }
    if (any) {
      ByteArrayOutputStream rest = new ByteArrayOutputStream();
      rest.write(in.array(), in.position(), in.remaining());
      stream.bytes.reset();
      stream.bytes.writeBytes(rest.toByteArray());
    }
  }

  private static Set<Integer> kinds(Stream stream) {
    if (stream.isControl()) {
      return CONTROL_KINDS;
    }
    return stream.peerSends() ? FORWARD_KINDS : BACKWARD_KINDS;
  }

  private void check(Stream stream, ChannelFrame frame) {
    if (frame.hasReason() && frame.reason() == null) {
      broken("CH-30", "a well-formed reason", frame.body().length + " bytes on " + stream);
    } else if (stream.isControl()) {
      control(stream, frame);
    } else if (stream.frame(Codes.CLOSE) != null) {
      broken("CH-20", "nothing behind CLOSE", frame);
    } else if (frame.kind() == Codes.MESSAGE) {
      message(stream, frame);
    } else if (frame.kind() == Codes.RECEIVED || frame.kind() == Codes.WITHDRAWN) {
      long number = frame.number();
      if (number < stream.acknowledgedIn || number > stream.messagesOut) {
        broken(
            "CH-13",
            "between " + stream.acknowledgedIn + " and " + stream.messagesOut + " acknowledged",
            frame);
      }
      stream.acknowledgedIn = number;
    }
  }

  private void control(Stream stream, ChannelFrame frame) {
    boolean first = stream.frames.isEmpty();
    if (first != (frame.kind() == Codes.HELLO) && frame.kind() != Codes.SESSION_END) {
      broken("CTL-1", "HELLO first, and once", frame);
    }
    if (frame.kind() == Codes.HELLO) {
      Map<Integer, byte[]> headers = Preamble.headers(ByteBuffer.wrap(frame.body()));
      if (headers == null) {
        broken("CTL-1", "a well-formed HELLO", frame);
        return;
      }
      wire.hello = headers;
      byte[] version = headers.get(1);
      if (version == null || !Bytes.text(version).equals("1")) {
        broken("CTL-1", "HELLO of version 1", version == null ? "no version" : Bytes.text(version));
      }
    }
  }

  private void message(Stream stream, ChannelFrame frame) {
    stream.messagesIn++;
    Preamble preamble = stream.preamble;
    int capacity = preamble == null ? 0 : preamble.capacity();
    if (stream.messagesIn - stream.acknowledgedOut > Math.max(1, capacity)) {
      broken(
          "CH-10",
          "at most " + capacity + " messages beyond the last ACK on " + stream,
          stream.messagesIn + " messages, " + stream.acknowledgedOut + " acknowledged");
    }
    List<ChannelFrame.Entry> table = frame.table();
    if (table == null) {
      broken("ATT-3", "a table of attachments", frame);
      return;
    }
    if (frame.codec().length > wire.ownMessageBytes) {
      broken("CH-2", "at most " + wire.ownMessageBytes + " bytes", frame.codec().length);
    }
    if (table.size() > wire.ownAttachments) {
      broken("ATT-4", "at most " + wire.ownAttachments + " attachments", table.size());
    }
    table.forEach(entry -> check(stream, entry));
  }

  private void check(Stream channel, ChannelFrame.Entry entry) {
    if (entry.type() > 64) {
      broken("FD-4", "no descriptor, as the tester takes none", entry);
      return;
    }
    if (!named.add(entry.reference())) {
      broken("ATT-3", "a reference named once", entry);
    }
    Stream stream = wire.byReference(entry.reference());
    if (stream == null || stream.ours) {
      broken("ATT-1", "a stream that was opened before the message that names it", entry);
    } else if (stream.preamble != null
        && (stream.kind() != entry.type() || stream.preamble.parent() != channel.reference())) {
      broken(
          "ATT-3",
          "kind " + stream.kind() + " and the channel as parent",
          entry + " of a stream whose parent is " + stream.preamble.parent());
    }
  }
}
