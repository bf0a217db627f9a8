package io.libchan.codec.cbor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.MessageRejected;
import io.libchan.Sender;
import io.libchan.TypeRef;
import io.libchan.spi.Codec;
import io.libchan.testkit.CodecContract;
import io.libchan.testkit.Rule;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The contract, and the bytes of CBOR. */
public final class CborCodecTest extends CodecContract {
  private final Codec codec = new CborCodec();

  @Override
  protected Codec codec() {
    return codec;
  }

  @Override
  protected byte[] nil() {
    return hex("f6");
  }

  @Override
  protected byte[] deep(int levels) {
    byte[] bytes = new byte[levels];
    Arrays.fill(bytes, (byte) 0x9f);
    return bytes;
  }

  private static byte[] hex(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  /** Writes a tag of its own. */
  @JsonSerialize(using = Tagging.class)
  public record Tagged(int index) {}

  /** As an application's serializer might. */
  public static final class Tagging extends JsonSerializer<Tagged> {
    @Override
    public void serialize(Tagged tagged, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      ((CBORGenerator) generator).writeTag(CborCodec.ATTACHMENT_TAG);
      generator.writeNumber(tagged.index());
    }
  }

  @Test
  @Rule("COD-20")
  void attachmentsAreTaggedIndexes() throws Exception {
    byte[] bytes = encode(new One(Channel.of(Part.class).sender()), One.class);
    assertThat(bytes).isEqualTo(hex("bf 63656e64 d96c63 00 ff"));
    assertThat(decode(hex("a1 63656e64 d96c63 190000"), One.class)).isEqualTo(new One(sender()));
    assertThat(decode(hex("a1 63656e64 da00006c63 00"), One.class)).isEqualTo(new One(sender()));
  }

  @SuppressWarnings("unchecked")
  private Sender<Part> sender() {
    return (Sender<Part>) table.get(0);
  }

  @Test
  @Rule("COD-20")
  void imitationsAreNotWritten() {
    for (Object message : List.of(new Tagged(0), List.of(Map.of("x", new Tagged(0))))) {
      assertThat(catchThrowable(() -> encode(message, Object.class)))
          .isInstanceOf(MessageRejected.class)
          .hasMessageContaining("COD-20");
    }
  }

  @Test
  @Rule("COD-20")
  void otherTagsAreNotRead() {
    for (String tagged :
        List.of("c101", "c24101", "c482 01 02", "d9d9f7 01", "dbffffffffffffffff 01", "d81c 80")) {
      rejected(hex(tagged), Object.class);
      rejected(hex("a2 6179 81" + tagged + "6178 05"), Int.class);
    }
    for (String wrong :
        List.of("6130", "20", "1a00010000", "1bffffffffffffffff", "80", "d96c6300")) {
      malformed(hex("d96c63" + wrong), Object.class);
      malformed(hex("a2 6179 d96c63" + wrong + "6178 05"), Int.class);
    }
  }

  @Test
  @Rule("ATT-5")
  void forgedIndexesAreRefused() {
    for (String index : List.of("01", "19ffff")) {
      String forged = "d96c63" + index;
      rejected(hex(forged), Object.class);
      rejected(hex("a1 63656e64" + forged), One.class);
      rejected(hex("81" + forged), new TypeRef<List<Sender<Part>>>() {}.type());
    }
    rejected(hex("a1 6178 d96c6300"), Text.class);
  }

  @Test
  @Rule({"COD-3", "COD-7"})
  void malformedBytes() {
    for (String bytes :
        List.of(
            "",
            "ff",
            "1c",
            "3f",
            "5b7fffffffffffffff",
            "5bffffffffffffffff",
            "5a7fffffff00",
            "7a7fffffff00",
            "9a7fffffff00",
            "ba7fffffff00",
            "9bffffffffffffffff",
            "bb8000000000000000",
            "a2 6161 01 6161 02",
            "bf 6161 01 6161 02 ff",
            "bf 6161 ff",
            "81 ff",
            "8101 ff",
            "9f01",
            "7f 6161",
            "7f 4161 ff",
            "7f 7f6161ff ff",
            "5f 6161 ff",
            "fc",
            "f818",
            "61ff",
            "62c080",
            "63eda080",
            "7f 61c3 61a9 ff",
            "0101")) {
      malformed(hex(bytes), Object.class);
    }
    malformed(hex("a2 6179 a2 6161 01 6161 02 6178 05"), Int.class);
  }

  @Test
  @Rule({"COD-17", "COD-21"})
  void whatJsonDoesNotHaveIsRejected() {
    for (String bytes :
        List.of("a1 01 01", "a1 4161 01", "bf 7f6161ff 01 ff", "f7", "e0", "f8ff")) {
      rejected(hex(bytes), Object.class);
      rejected(hex("a2 6179 " + bytes + " 6178 05"), Int.class);
    }
  }

  @Test
  void allFormsOfCborAreRead() throws Exception {
    assertThat(decode(hex("bf 6178 1b0000000000000005 ff"), Int.class)).isEqualTo(new Int(5));
    assertThat(decode(hex("a1 6178 7f 626162 6163 ff"), Text.class)).isEqualTo(new Text("abc"));
    assertThat(((Bin) decode(hex("a1 6178 5f 4101 420203 ff"), Bin.class)).x())
        .containsExactly(1, 2, 3);
    assertThat(decode(hex("f93e00"), Double.class)).isEqualTo(1.5);
    assertThat(decode(hex("1bffffffffffffffff"), Object.class))
        .isEqualTo(new java.math.BigInteger("18446744073709551615"));
  }

  /** The library's own mapper is the other implementation. */
  @Test
  void anotherReaderSeesTheSame() throws Exception {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("text", "h\u00e9llo".repeat(3000));
    message.put("numbers", List.of(1, -70_000, 1L << 40, 1.5));
    message.put("map", Map.of("a", true));
    CBORMapper mapper = new CBORMapper();
    assertThat(mapper.readValue(encode(message, Object.class), Object.class)).isEqualTo(message);
    assertThat(decode(mapper.writeValueAsBytes(message), Object.class)).isEqualTo(message);
  }

  @Test
  void aLongTextInPiecesIsOneString() throws ChannelException {
    String text = "x".repeat(100_000);
    assertThat(trip(text, String.class)).isEqualTo(text);
  }
}
