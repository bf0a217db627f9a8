package io.libchan.codec.protobuf;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.WireFormat;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.ProtocolViolation;
import io.libchan.spi.Malformed;
import io.libchan.spi.Utf8;
import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Checks the bytes of one message against its type before anything is made of them: what Protocol
 * Buffers would cut, replace, or take the last of. The same walk finds what an outgoing message
 * must not have. Rules COD-3 to COD-7, COD-12, COD-40 to COD-43.
 *
 * <p>Walks without recursion; memory grows with the bytes seen, never with a length that they
 * claim. Not thread-safe.
 */
final class WireScan {
  private static final Set<String> REFERENCES =
      Set.of(
          ChannelRef.getDescriptor().getFullName(),
          StreamRef.getDescriptor().getFullName(),
          FileRef.getDescriptor().getFullName());

  private final byte[] bytes;
  private final boolean ours; // what ours may cost is the reader's business
  private final int maxDepth;
  private final int maxElements;
  private final int maxStringBytes;
  private int position;
  private int depth;
  private int elements;
  private int references;
  private Level open;

  /** A message or group whose end was not seen yet. */
  private static final class Level {
    final @Nullable Level outer;
    final @Nullable Descriptor type; // null where nobody knows
    final int end;
    final int group; // the number of its field if it is a group, else 0
    final @Nullable FieldDescriptor entryOf; // the map that this is an entry of
    final BitSet seen = new BitSet();
    private @Nullable Map<FieldDescriptor, Set<Object>> keys;
    @Nullable Object key; // of an entry

    Level(
        @Nullable Level outer,
        @Nullable Descriptor type,
        int end,
        int group,
        @Nullable FieldDescriptor entryOf) {
      this.outer = outer;
      this.type = type;
      this.end = end;
      this.group = group;
      this.entryOf = entryOf;
    }

    boolean addKey(FieldDescriptor map, Object one) {
      if (keys == null) {
        keys = new HashMap<>();
      }
      return keys.computeIfAbsent(map, none -> new HashSet<>()).add(one);
    }
  }

  private WireScan(byte[] bytes, int from, int to, Descriptor type, @Nullable Limits limits) {
    this.bytes = bytes;
    this.ours = limits == null;
    this.maxDepth = limits == null ? Integer.MAX_VALUE : limits.maxDepth();
    this.maxElements = limits == null ? Integer.MAX_VALUE : limits.maxElements();
    this.maxStringBytes = limits == null ? Integer.MAX_VALUE : limits.maxStringBytes();
    this.position = from;
    this.open = new Level(null, type, to, 0, null);
  }

  /** Checks a message that a peer sent. */
  static void ofPeers(byte[] bytes, int from, int to, Descriptor type, Limits limits)
      throws ChannelException {
    new WireScan(bytes, from, to, type, limits).walk();
  }

  /** Checks a message that is to be sent, and counts its references. Rule COD-41. */
  static int ofOurs(byte[] bytes, int from, int to, Descriptor type) throws ChannelException {
    WireScan scan = new WireScan(bytes, from, to, type, null);
    scan.walk();
    return scan.references;
  }

  private void walk() throws ChannelException {
    enter(open);
    while (true) {
      Level inside = open;
      if (position < inside.end) {
        field(inside);
      } else if (inside.group != 0) {
        throw truncated();
      } else if (inside.outer == null) {
        return;
      } else {
        leave(inside, inside.outer);
      }
    }
  }

  private void enter(Level level) throws ChannelException {
    if (level.entryOf == null && depth++ == maxDepth) {
      throw Malformed.depth(maxDepth);
    }
    open = level;
  }

  private void leave(Level inside, Level outer) throws ChannelException {
    FieldDescriptor map = inside.entryOf;
    if (map == null) {
      depth--;
    } else if (!outer.addKey(map, inside.key == null ? defaultKey(map) : inside.key)) {
      throw Malformed.bytes("a key comes twice");
    }
    open = outer;
  }

  private static Object defaultKey(FieldDescriptor map) {
    boolean text =
        map.getMessageType().findFieldByNumber(1).getType() == FieldDescriptor.Type.STRING;
    return text ? "" : (Object) 0L;
  }

  private void field(Level inside) throws ChannelException {
    long tag = varint();
    int number = (int) (tag >>> 3);
    int wire = (int) tag & 7;
    if (tag >>> 32 != 0 || number == 0) {
      throw Malformed.bytes("a field without a number");
    }
    if (wire == WireFormat.WIRETYPE_END_GROUP) {
      endGroup(inside, number);
      return;
    }
    FieldDescriptor field = inside.type == null ? null : inside.type.findFieldByNumber(number);
    if (field == null) {
      count();
      unknown(number, wire);
    } else {
      known(inside, field, wire);
    }
  }

  private void endGroup(Level inside, int number) throws ChannelException {
    if (inside.group != number || inside.outer == null) {
      throw Malformed.bytes("the end of a group that is not open");
    }
    leave(inside, inside.outer);
  }

  private void count() throws ChannelException {
    if (elements++ == maxElements) {
      throw Malformed.elements(maxElements);
    }
  }

  private void unknown(int number, int wire) throws ChannelException {
    if (ours) {
      throw Malformed.value("COD-41", "the message has fields that its type does not know");
    }
    switch (wire) {
      case WireFormat.WIRETYPE_VARINT -> varint();
      case WireFormat.WIRETYPE_FIXED64 -> skip(Long.BYTES);
      case WireFormat.WIRETYPE_FIXED32 -> skip(Integer.BYTES);
      case WireFormat.WIRETYPE_LENGTH_DELIMITED -> skip(length());
      case WireFormat.WIRETYPE_START_GROUP -> enter(new Level(open, null, open.end, number, null));
      default -> throw Malformed.bytes("a wire type that is not known");
    }
  }

  private void known(Level inside, FieldDescriptor field, int wire) throws ChannelException {
    if (wire > WireFormat.WIRETYPE_FIXED32) {
      throw Malformed.bytes("a wire type that is not known");
    }
    boolean packed = wire == WireFormat.WIRETYPE_LENGTH_DELIMITED && field.isPackable();
    if (!packed && wire != field.getLiteType().getWireType()) {
      throw mismatch(field);
    }
    if (!field.isRepeated()) {
      once(inside, field);
    }
    if (packed) {
      packed(field);
    } else {
      count();
      value(inside, field);
    }
  }

  /** A field that is no list, and one of several that exclude each other, comes once. */
  private static void once(Level inside, FieldDescriptor field) throws ProtocolViolation {
    OneofDescriptor choice = field.getContainingOneof();
    int slot =
        choice == null
            ? field.getIndex()
            : field.getContainingType().getFields().size() + choice.getIndex();
    if (inside.seen.get(slot)) {
      throw Malformed.bytes("a field comes twice");
    }
    inside.seen.set(slot);
  }

  private void packed(FieldDescriptor field) throws ChannelException {
    int length = length();
    int end = position + length;
    while (position < end) {
      count();
      scalar(field);
    }
    if (position != end) {
      throw truncated();
    }
  }

  private void value(Level inside, FieldDescriptor field) throws ChannelException {
    switch (field.getType()) {
      case MESSAGE -> {
        Descriptor type = field.getMessageType();
        int length = length();
        references += REFERENCES.contains(type.getFullName()) ? 1 : 0;
        enter(new Level(inside, type, position + length, 0, field.isMapField() ? field : null));
      }
      case GROUP ->
          enter(new Level(inside, field.getMessageType(), inside.end, field.getNumber(), null));
      case STRING -> {
        int length = bytes();
        if (!Utf8.valid(bytes, position - length, position)) {
          throw Malformed.bytes("text that is not UTF-8");
        }
        if (isKey(inside, field)) {
          inside.key = new String(bytes, position - length, length, StandardCharsets.UTF_8);
        }
      }
      case BYTES -> bytes();
      default -> {
        long value = scalar(field);
        if (isKey(inside, field)) {
          inside.key = value;
        }
      }
    }
  }

  private static boolean isKey(Level inside, FieldDescriptor field) {
    return inside.entryOf != null && field.getNumber() == 1;
  }

  /** Passes a string or bytes, and tells their length. */
  private int bytes() throws ChannelException {
    int length = length();
    if (length > maxStringBytes) {
      throw Malformed.string(length, maxStringBytes);
    }
    skip(length);
    return length;
  }

  private long scalar(FieldDescriptor field) throws ChannelException {
    return switch (field.getType()) {
      case DOUBLE, FIXED64, SFIXED64 -> fixed(Long.BYTES);
      case FLOAT, FIXED32, SFIXED32 -> fixed(Integer.BYTES);
      case INT64, UINT64, SINT64 -> varint();
      case INT32 -> fitting(field, varint(), Integer.MIN_VALUE, Integer.MAX_VALUE);
      case UINT32, SINT32 -> fitting(field, varint(), 0, 0xffffffffL);
      case BOOL -> fitting(field, varint(), 0, 1);
      case ENUM -> {
        long value = fitting(field, varint(), Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (field.legacyEnumFieldTreatedAsClosed()
            && field.getEnumType().findValueByNumber((int) value) == null) {
          throw mismatch(field);
        }
        yield value;
      }
      default -> throw new IllegalStateException("not a scalar: " + field.getType());
    };
  }

  private static long fitting(FieldDescriptor field, long value, long least, long most)
      throws MessageRejected {
    if (value < least || value > most) {
      throw mismatch(field);
    }
    return value;
  }

  private static MessageRejected mismatch(FieldDescriptor field) {
    return Rejection.of("does not fit " + field.getFullName(), null);
  }

  private long fixed(int size) throws ProtocolViolation {
    skip(size);
    long value = 0;
    for (int i = 1; i <= size; i++) {
      value = value << 8 | (bytes[position - i] & 0xff);
    }
    return value;
  }

  private long varint() throws ProtocolViolation {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      skip(1);
      byte one = bytes[position - 1];
      value |= (long) (one & 0x7f) << shift;
      if (one >= 0) {
        if (shift == 63 && one > 1) {
          break;
        }
        return value;
      }
    }
    throw Malformed.bytes("a number of more than 64 bits");
  }

  private int length() throws ProtocolViolation {
    long length = varint();
    if (length < 0 || length > open.end - position) {
      throw truncated();
    }
    return (int) length;
  }

  private void skip(int count) throws ProtocolViolation {
    if (count > open.end - position) {
      throw truncated();
    }
    position += count;
  }

  private static ProtocolViolation truncated() {
    return Malformed.bytes("truncated: a length is more than the bytes that are left");
  }
}
