package io.libchan.codec.msgpack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import com.sun.management.ThreadMXBean;
import io.libchan.Channel;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.ProtocolViolation;
import io.libchan.Sender;
import io.libchan.TypeRef;
import io.libchan.codec.jackson.Bytes;
import io.libchan.spi.Codec;
import io.libchan.testkit.CodecContract;
import io.libchan.testkit.Rule;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Label;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.msgpack.jackson.dataformat.MessagePackFactory;

/** The contract, and the bytes of MessagePack. */
public final class MsgpackCodecTest extends CodecContract {
  private final Codec codec = new MsgpackCodec();
  private final ObjectMapper foreign = new ObjectMapper(new MessagePackFactory());

  @Override
  protected Codec codec() {
    return codec;
  }

  @Override
  protected byte[] nil() {
    return hex("c0");
  }

  @Override
  protected byte[] deep(int levels) {
    byte[] open = new byte[levels];
    Arrays.fill(open, (byte) 0x91);
    return open;
  }

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text.replace(" ", ""));
  }

  @Test
  @Rule("COD-8")
  void attachmentsAreAnExtension() throws Exception {
    byte[] bytes = encode(new One(Channel.of(Part.class).sender()), One.class);
    assertThat(bytes).isEqualTo(hex("81 a3656e64 d501 0000"));
    List<Object> ends = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      ends.add(Channel.of(Part.class).sender());
    }
    bytes = encode(ends, Object.class);
    assertThat(Arrays.copyOfRange(bytes, bytes.length - 4, bytes.length))
        .isEqualTo(hex("d501 012b"));
  }

  @Test
  @Rule("COD-8")
  void userDataIsNeverAnExtension() throws Exception {
    for (Object data :
        List.of(hex("d5010000"), "\u00d5\u0001\0\0", Map.of("type", 1, "data", new byte[2]))) {
      table.add("not to be taken");
      byte[] bytes = encode(Map.of("end", data), Object.class);
      rejected(bytes, One.class);
      Object back = ((Map<?, ?>) decode(bytes, Object.class)).get("end");
      if (data instanceof byte[] binary) {
        assertThat((byte[]) back).isEqualTo(binary);
      }
      assertThat(taken).isEmpty();
    }
  }

  @Test
  @Rule("COD-8")
  void attachmentsOfOtherSizesAreMalformed() {
    for (String end : List.of("d40100", "d60100000000", "c70001", "c7030100 0000")) {
      malformed(hex("81a3656e64" + end), One.class);
      malformed(hex("81a179" + end), One.class);
    }
  }

  @Test
  @Rule("ATT-5")
  void forgedIndexesAreRefused() {
    for (String index : List.of("0001", "7fff", "ffff")) {
      rejected(hex("81a3656e64d501" + index), One.class);
      rejected(hex("d501" + index), Object.class);
    }
  }

  @Test
  @Rule("COD-18")
  void unknownExtensions() throws Exception {
    for (String extension : List.of("d40500", "c70305 aabbcc", "d6ff00000000", "d4 81 00")) {
      assertThat(decode(hex("82 a179" + extension + "a17805"), Int.class)).isEqualTo(new Int(5));
      rejected(hex(extension), Object.class);
      rejected(hex("81a178" + extension), Int.class);
      rejected(hex("81a178" + extension), Text.class);
      rejected(hex("81a178" + extension), Bin.class);
      rejected(hex("81a3656e64" + extension), One.class);
    }
  }

  @Test
  @Rule("COD-17")
  void keysMustBeText() {
    for (String key : List.of("01", "c0", "c3", "c40101", "90", "80", "cb0000000000000000")) {
      rejected(hex("81" + key + "05"), Object.class);
    }
  }

  @Test
  @Rule("COD-3")
  void malformedBytes() {
    for (String bytes :
        List.of(
            "82a17801a17802",
            "82a17801d9017802",
            "82a179 82a16101a16102 a17801",
            "c1",
            "92 01 c1",
            "81 c1 01",
            "81a178c1",
            "a1ff",
            "a2c080",
            "a3eda080",
            "a3e0809f",
            "a4f0808080",
            "a4f4908080",
            "a4f5808080",
            "a2c3",
            "a180",
            "81 a1ff 01",
            "91 a9 6161616161616161ff")) {
      malformed(hex(bytes), Object.class);
      malformed(hex("82a17805a179" + bytes), Int.class);
    }
  }

  @Test
  @Rule("COD-3")
  void duplicatesInLargeMaps() {
    Random random = new Random(1);
    for (int size : new int[] {2, 3, 15, 16, 100, 5000}) {
      for (int round = 0; round < 20; round++) {
        int first = random.nextInt(size);
        int second = (first + 1 + random.nextInt(size - 1)) % size;
        assertThat(map(size, -1, -1)).satisfies(b -> decode(b, Object.class));
        malformed(map(size, first, second), Object.class);
      }
    }
  }

  private static byte[] map(int size, int first, int second) {
    byte[] bytes = new byte[3 + size * 6];
    bytes[0] = (byte) 0xde;
    Bytes.put16(bytes, 1, size);
    for (int i = 0; i < size; i++) {
      int at = 3 + i * 6;
      bytes[at] = (byte) 0xa4;
      byte[] key = String.format("%04d", i == second ? first : i).getBytes(UTF_8);
      System.arraycopy(key, 0, bytes, at + 1, 4);
    }
    return bytes;
  }

  @Test
  @Rule("COD-7")
  void lyingLengthsCostNothing() {
    String[] codes = {"c4", "c5", "c6", "d9", "da", "db", "dc", "dd", "de", "df", "c7", "c8", "c9"};
    int[] sizes = {1, 2, 4, 1, 2, 4, 2, 4, 2, 4, 1, 2, 4};
    ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Limits wide =
        Limits.DEFAULTS
            .withMaxElements(Integer.MAX_VALUE)
            .withMaxStringBytes(Integer.MAX_VALUE)
            .withMaxDepth(Integer.MAX_VALUE);
    for (Limits limits : List.of(Limits.DEFAULTS, wide)) {
      Codec.Format format = codec.format(Object.class, limits);
      for (int i = 0; i < codes.length; i++) {
        for (String length : List.of("7fffffff", "ffffffff", "fffffffe", "80000000")) {
          String lie = sizes[i] == 4 ? length : "ff".repeat(sizes[i]);
          for (String around : List.of("", "91", "81a178")) {
            byte[] bytes = hex(around + codes[i] + lie + "01".repeat(40));
            long before = memory.getThreadAllocatedBytes(Thread.currentThread().getId());
            Throwable thrown =
                catchThrowable(() -> format.decode(bytes, 0, bytes.length, (x, y, z) -> ""));
            long after = memory.getThreadAllocatedBytes(Thread.currentThread().getId());
            assertThat(thrown).as(codes[i] + lie).isInstanceOf(ProtocolViolation.class);
            assertThat(after - before).isLessThan(1 << 20);
          }
        }
      }
    }
  }

  @Test
  @Rule("COD-3")
  void javaSerializationIsNothing() {
    assertThat(catchThrowable(() -> decode(hex("aced0005737200"), Object.class)))
        .isInstanceOfAny(ProtocolViolation.class, MessageRejected.class);
  }

  @Test
  @Rule("COD-12")
  void halfASurrogatePairIsRejected() {
    for (String text : List.of("\ud800", "x\udc00", "\ud800x", "\udc00\ud800")) {
      assertThat(catchThrowable(() -> encode(text, String.class)))
          .isInstanceOf(MessageRejected.class);
    }
  }

  @Test
  void treesComeBack() throws Exception {
    JsonNode tree =
        new ObjectMapper()
            .readTree("{\"a\":[1,2.5,true,null,\"x\",{\"b\":{}}],\"c\":123456789012}");
    assertThat(trip(tree, JsonNode.class)).isEqualTo(tree);
    ObjectNode object = new ObjectMapper().createObjectNode();
    Sender<Part> end = Channel.of(Part.class).sender();
    object.putArray("list").add(new POJONode(end));
    JsonNode back = (JsonNode) trip(object, JsonNode.class);
    assertThat(((POJONode) back.get("list").get(0)).getPojo()).isSameAs(end);
    assertThat(taken).containsExactly("Object null");
    rejected(nil(), JsonNode.class);
  }

  @Property(tries = 500)
  @Label("H6: another implementation reads what we write, and we read what it writes")
  void anotherImplementationAgrees(
      @ForAll Map<String, List<Long>> longs,
      @ForAll List<Double> doubles,
      @ForAll byte[] binary,
      @ForAll boolean flag)
      throws Exception {
    byte[] ours = encode(Map.of("l", longs, "d", doubles, "b", binary, "f", flag), Object.class);
    JsonNode seen = foreign.readTree(ours);
    assertThat(seen.get("b").binaryValue()).isEqualTo(binary);
    assertThat(seen.get("f").booleanValue()).isEqualTo(flag);
    byte[] theirs = foreign.writeValueAsBytes(longs);
    assertThat(decode(theirs, new TypeRef<Map<String, List<Long>>>() {}.type())).isEqualTo(longs);
    assertThat(seen.get("d")).hasSize(doubles.size());
    for (int i = 0; i < doubles.size(); i++) {
      assertThat(seen.get("d").get(i).doubleValue()).isEqualTo(doubles.get(i));
    }
  }
}
