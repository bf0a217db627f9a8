package io.libchan.it.codec;

import io.libchan.Sender;
import io.libchan.codec.protobuf.MessageType;
import io.libchan.testkit.HostileCodecContract;
import io.libchan.testkit.Note;
import io.libchan.testkit.ScriptedPeer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;

/** The messages that hurt others, in every codec. */
final class HostileCodecsTest {
  private static final int LEVELS = 10_000;

  /** What is hurt; a field named y is ignored. */
  public record Target(
      @Nullable String text,
      @Nullable List<Object> list,
      @Nullable Sender<Note> end,
      @Nullable Map<String, Object> map) {}

  /** The same with a schema. */
  @MessageType(io.libchan.it.codec.proto.Target.class)
  public record ProtobufTarget(
      String text,
      List<Integer> list,
      @Nullable Sender<io.libchan.it.codec.proto.Note> end,
      Map<String, Integer> map) {}

  private static byte[] hex(String... parts) {
    return HexFormat.of().parseHex(String.join("", parts).replace(" ", ""));
  }

  private static List<byte[]> hexes(String... messages) {
    return Stream.of(messages).map(HostileCodecsTest::hex).toList();
  }

  private static List<byte[]> texts(String... messages) {
    return Stream.of(messages).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
  }

  /** Puts bytes in the place of X's, which the message has as many of. */
  private static byte[] with(String message, String hex) {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    byte[] wrong = hex(hex);
    System.arraycopy(wrong, 0, bytes, message.indexOf('X'), wrong.length);
    return bytes;
  }

  private abstract static class ToTarget extends HostileCodecContract {
    @Override
    protected Class<?> type() {
      return Target.class;
    }
  }

  @Nested
  final class Msgpack extends ToTarget {
    @Override
    protected String codec() {
      return "msgpack";
    }

    @Override
    protected byte[] good() {
      return hex("80");
    }

    @Override
    protected List<byte[]> messages(Attack attack) {
      String text = "81 a474657874";
      String ignored = "82 a178 01 a179";
      return switch (attack) {
        case DEEP -> hexes("91".repeat(LEVELS) + "c0", ignored + "91".repeat(LEVELS) + "c0");
        case LENGTH_OF_2_GB ->
            hexes(
                text + "db7fffffff",
                text + "dbffffffff",
                ignored + "c67fffffff",
                ignored + "c97fffffff01");
        case COUNT_OF_2_31 ->
            hexes("df7fffffff", "dfffffffff", ignored + "dd7fffffff", ignored + "df7fffffff");
        case DUPLICATE_KEY ->
            hexes("82 a474657874 a161 a474657874 a162", ignored + "82 a161 01 a161 02");
        case INVALID_UTF_8 ->
            hexes(
                text + "a2c080", text + "a3eda080", text + "a1c3", ignored + "a1ff", "81 a1ff c0");
        case TRUNCATED -> hexes("", "81", text, text + "a5", ignored);
        case FORGED_REFERENCE -> hexes("81 a3656e64 d5010000", "81 a3656e64 d501ffff");
        case IMITATED_REFERENCE ->
            hexes(
                "81 a3656e64 00",
                "81 a3656e64 d40100",
                "81 a3656e64 d5020000",
                ignored + "c70301000000");
        case MANY_ELEMENTS -> hexes(ignored + "dc03e9" + "c0".repeat(MAX_ELEMENTS + 1));
        case EXPANSION, EXTERNAL_ENTITY -> List.of();
      };
    }
  }

  @Nested
  final class Json extends ToTarget {
    @Override
    protected String codec() {
      return "json";
    }

    @Override
    protected byte[] good() {
      return texts("{}").get(0);
    }

    @Override
    protected List<byte[]> messages(Attack attack) {
      return switch (attack) {
        case DEEP -> texts("[".repeat(LEVELS), "{\"y\":" + "[".repeat(LEVELS));
        case DUPLICATE_KEY ->
            texts(
                "{\"text\":\"a\",\"text\":\"b\"}",
                "{\"text\":\"a\",\"\\u0074ext\":\"b\"}",
                "{\"y\":{\"a\":1,\"a\":2}}");
        case INVALID_UTF_8 ->
            List.of(
                with("{\"text\":\"XX\"}", "c080"),
                with("{\"text\":\"XXX\"}", "eda080"),
                with("{\"y\":\"X\"}", "ff"));
        case TRUNCATED -> texts("", "{", "{\"text\":\"", "{\"y\":[");
        case FORGED_REFERENCE ->
            texts(
                "{\"end\":{\"@attachment\":0}}",
                "{\"end\":{\"@attachment\":-1}}",
                "{\"list\":[{\"@attachment\":65536}]}");
        case IMITATED_REFERENCE ->
            texts(
                "{\"end\":0}",
                "{\"end\":{\"@attachment\":\"0\"}}",
                "{\"y\":{\"@attachment\":0,\"x\":1}}");
        case EXPANSION -> texts("{\"list\":[" + "9".repeat(50_000) + "]}");
        case MANY_ELEMENTS -> texts("{\"y\":[" + "0,".repeat(MAX_ELEMENTS) + "0]}");
        case LENGTH_OF_2_GB, COUNT_OF_2_31, EXTERNAL_ENTITY -> List.of();
      };
    }
  }

  @Nested
  final class Cbor extends ToTarget {
    @Override
    protected String codec() {
      return "cbor";
    }

    @Override
    protected byte[] good() {
      return hex("a0");
    }

    @Override
    protected List<byte[]> messages(Attack attack) {
      String text = "a1 6474657874";
      String ignored = "a2 6178 01 6179";
      return switch (attack) {
        case DEEP ->
            hexes(
                "81".repeat(LEVELS) + "f6",
                "9f".repeat(LEVELS),
                ignored + "bf6161".repeat(LEVELS),
                ignored + "81".repeat(LEVELS) + "f6");
        case LENGTH_OF_2_GB ->
            hexes(
                text + "7a7fffffff",
                text + "7b7fffffffffffffff",
                text + "7f7a7fffffff",
                ignored + "5a7fffffff",
                ignored + "5bffffffffffffffff");
        case COUNT_OF_2_31 ->
            hexes(
                "ba7fffffff", "bbffffffffffffffff", ignored + "9a7fffffff", ignored + "ba80000000");
        case DUPLICATE_KEY ->
            hexes(
                "a2 6474657874 6161 6474657874 6162",
                "bf 6474657874 6161 6474657874 6162 ff",
                ignored + "a2 6161 01 6161 02");
        case INVALID_UTF_8 ->
            hexes(
                text + "62c080",
                text + "63eda080",
                text + "7f61c361a9ff",
                ignored + "61ff",
                "a1 61ff f6");
        case TRUNCATED -> hexes("", "a1", "bf", text, text + "65", ignored);
        case FORGED_REFERENCE -> hexes("a1 63656e64 d96c6300", "a1 63656e64 d96c6319ffff");
        case IMITATED_REFERENCE ->
            hexes(
                "a1 63656e64 00",
                "a1 63656e64 d96c636130",
                "a1 63656e64 d96c6400",
                ignored + "d96c631a00010000");
        case EXPANSION ->
            hexes(
                "a1 646c697374 81 c4821a7fffffff01",
                "a1 646c697374 81 c2 59c350" + "ff".repeat(50_000));
        case MANY_ELEMENTS ->
            hexes(
                ignored + "9903e9" + "f6".repeat(MAX_ELEMENTS + 1),
                ignored + "9f" + "f6".repeat(MAX_ELEMENTS + 1) + "ff");
        case EXTERNAL_ENTITY -> List.of();
      };
    }
  }

  @Nested
  final class Xml extends ToTarget {
    @Override
    protected String codec() {
      return "xml";
    }

    private static String map(String entries) {
      return "<message type=\"map\">" + entries + "</message>";
    }

    private static String laughs() {
      StringBuilder text = new StringBuilder("<!DOCTYPE message [<!ENTITY l0 'ha'>");
      for (int i = 1; i < 40; i++) {
        text.append("<!ENTITY l" + i + " '" + ("&l" + (i - 1) + ";").repeat(10) + "'>");
      }
      return text + "]>" + map("<text>&l39;</text>");
    }

    @Override
    protected byte[] good() {
      return texts(map("")).get(0);
    }

    @Override
    protected List<byte[]> messages(Attack attack) {
      return switch (attack) {
        case DEEP ->
            texts(
                "<message type='list'>" + "<item type='list'>".repeat(LEVELS),
                "<message type='map'>" + "<y type='map'>".repeat(LEVELS));
        case DUPLICATE_KEY ->
            texts(
                map("<text/><text/>"),
                map("<text/><entry key='text'/>"),
                map("<y type='map'><a/><a/></y>"));
        case INVALID_UTF_8 ->
            List.of(
                with(map("<text>XX</text>"), "c080"),
                with(map("<text>XXX</text>"), "eda080"),
                with(map("<y>X</y>"), "ff"));
        case TRUNCATED -> texts("", "<", "<message type='map'>", "<message type='map'><text>a");
        case FORGED_REFERENCE ->
            texts(
                map("<end type='attachment'>0</end>"),
                map("<list type='list'><item type='attachment'>65535</item></list>"));
        case IMITATED_REFERENCE ->
            texts(
                map("<end>0</end>"),
                map("<end type='attachment'>-1</end>"),
                map("<end type='attachment'>65536</end>"),
                map("<y type='attachment'>x</y>"));
        case EXPANSION ->
            texts(
                laughs(),
                "<!DOCTYPE m [<!ENTITY a '"
                    + "a".repeat(50_000)
                    + "'>]>"
                    + map("<text>" + "&a;".repeat(20_000) + "</text>"),
                map(
                    "<list type='list'><item type='number'>"
                        + "9".repeat(50_000)
                        + "</item></list>"));
        case EXTERNAL_ENTITY ->
            texts(
                "<!DOCTYPE m [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + map("<text>&x;</text>"),
                "<!DOCTYPE m SYSTEM 'http://127.0.0.1:1/x.dtd'>" + map(""),
                "<!DOCTYPE m [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/p'> %p;]>" + map(""),
                map("<?xml-stylesheet href='http://127.0.0.1:1/s'?>"),
                map("<text>&x;</text>"));
        case MANY_ELEMENTS ->
            texts(map("<y type='list'>" + "<item/>".repeat(MAX_ELEMENTS + 1) + "</y>"));
        case LENGTH_OF_2_GB, COUNT_OF_2_31 -> List.of();
      };
    }
  }

  @Nested
  final class Protobuf extends HostileCodecContract {
    @Override
    protected String codec() {
      return "protobuf";
    }

    @Override
    protected Class<?> type() {
      return ProtobufTarget.class;
    }

    @Override
    protected byte[] good() {
      return new byte[0];
    }

    /** So many messages, one in the field of the other. */
    private static byte[] nested(int field, int levels) {
      byte[] all = new byte[6 * levels];
      int from = all.length;
      for (int i = 0; i < levels; i++) {
        byte[] head =
            ScriptedPeer.join(new byte[] {(byte) (field << 3 | 2)}, varint(all.length - from));
        from -= head.length;
        System.arraycopy(head, 0, all, from, head.length);
      }
      return Arrays.copyOfRange(all, from, all.length);
    }

    private static byte[] varint(int value) {
      byte[] bytes = new byte[5];
      int count = 0;
      int left = value;
      for (; left >= 0x80; left >>>= 7) {
        bytes[count++] = (byte) (left | 0x80);
      }
      bytes[count++] = (byte) left;
      return Arrays.copyOf(bytes, count);
    }

    @Override
    protected List<byte[]> messages(Attack attack) {
      return switch (attack) {
        case DEEP -> List.of(nested(5, LEVELS), hex("7b".repeat(LEVELS)));
        case LENGTH_OF_2_GB ->
            hexes(
                "0a ffffffff07",
                "0a ffffffffffffffffff01",
                "12 ffffffff07",
                "2a ffffffff07",
                "7a ffffffff07");
        case DUPLICATE_KEY ->
            hexes("0a0161 0a0162", "22050a01611001 22050a01611002", "2a06 0a0161 0a0162");
        case INVALID_UTF_8 ->
            hexes("0a02c080", "0a03eda080", "0a01c3", "2a03 0a01ff", "22050a01ff1001");
        case TRUNCATED -> hexes("0a", "0a05", "1080", "2a02 0a01");
        case FORGED_REFERENCE -> hexes("1a00", "1a0408ffff03");
        case IMITATED_REFERENCE -> hexes("1800", "1a021200", "1a0108");
        case MANY_ELEMENTS ->
            List.of(
                ScriptedPeer.join(hex("12e907"), new byte[MAX_ELEMENTS + 1]),
                hex("7800".repeat(MAX_ELEMENTS + 1)));
        case COUNT_OF_2_31, EXPANSION, EXTERNAL_ENTITY -> List.of();
      };
    }
  }
}
