package io.libchan.codec.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import io.libchan.Channel;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.Sender;
import io.libchan.TypeRef;
import io.libchan.spi.Codec;
import io.libchan.testkit.CodecContract;
import io.libchan.testkit.Rule;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The contract, and the bytes of JSON. */
public final class JsonCodecTest extends CodecContract {
  private final Codec codec = new JsonCodec();

  @Override
  protected Codec codec() {
    return codec;
  }

  @Override
  protected byte[] nil() {
    return json("null");
  }

  @Override
  protected byte[] deep(int levels) {
    return json("[".repeat(levels));
  }

  private static byte[] json(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Has the reserved key. */
  public record Imitation(@JsonProperty("@attachment") int index) {}

  /** Writes JSON of its own. */
  public record Raw(@JsonRawValue String raw) {}

  @Test
  @Rule("COD-9")
  void attachmentsAreObjects() throws Exception {
    byte[] bytes = encode(new One(Channel.of(Part.class).sender()), One.class);
    assertThat(bytes).isEqualTo(json("{\"end\":{\"@attachment\":0}}"));
    assertThat(decode(json(" { \"end\" : {\"\\u0040attachment\" : 0 } } "), One.class))
        .isEqualTo(new One(sender()));
  }

  @SuppressWarnings("unchecked")
  private Sender<Part> sender() {
    return (Sender<Part>) table.get(0);
  }

  @Test
  @Rule("COD-9")
  void imitationsAreNotWritten() {
    ObjectNode tree = new ObjectMapper().createObjectNode().put("@attachment", 0);
    for (Object message :
        List.of(
            Map.of("@attachment", 0),
            List.of(Map.of("a", Map.of("x", 1, "@attachment", "y"))),
            tree,
            new Imitation(0),
            new Raw("{\"@attachment\":0}"))) {
      assertThat(catchThrowable(() -> encode(message, Object.class)))
          .isInstanceOf(MessageRejected.class)
          .hasMessageContaining("COD-9");
    }
  }

  @Test
  @Rule("COD-9")
  void imitationsAreNotRead() {
    for (String object :
        List.of(
            "{\"@attachment\":\"0\"}",
            "{\"@attachment\":0.0}",
            "{\"@attachment\":null}",
            "{\"@attachment\":[0]}",
            "{\"@attachment\":99999999999}",
            "{\"@attachment\":0,\"x\":1}",
            "{\"x\":1,\"@attachment\":0}")) {
      for (Class<?> type : List.of(Object.class, Map.class, JsonNode.class, Int.class)) {
        rejected(json(object), type);
        rejected(json("{\"y\":[" + object + "],\"x\":5}"), type);
      }
      rejected(json("{\"end\":" + object + "}"), One.class);
    }
  }

  @Test
  @Rule("ATT-5")
  void forgedIndexesAreRefused() {
    for (String index : List.of("-1", "1", "65536", "2147483647", "-2147483648")) {
      String object = "{\"@attachment\":" + index + "}";
      rejected(json(object), Object.class);
      rejected(json("{\"end\":" + object + "}"), One.class);
      rejected(json("[" + object + "]"), new TypeRef<List<Sender<Part>>>() {}.type());
    }
  }

  @Test
  @Rule("COD-3")
  void malformedBytes() {
    for (String text :
        List.of(
            "",
            " ",
            "{",
            "}",
            "[1,]",
            "{\"a\":1,\"a\":2}",
            "{\"a\":1,\"\\u0061\":2}",
            "{a:1}",
            "'x'",
            "01",
            "+1",
            "NaN",
            "1 2",
            "[1}",
            "/**/1",
            "\"\t\"",
            "\"\\x\"",
            "tru",
            "\u00e9",
            "\ufeff1",
            "{\"x\":{\"a\":1,\"a\":2}}",
            "{\"y\":{\"a\":1,\"a\":2},\"x\":5}",
            "1\0")) {
      malformed(json(text), Object.class);
    }
    malformed(json("{\"y\":{\"a\":1,\"a\":2},\"x\":5}"), Int.class);
    for (String hex :
        List.of("22ff22", "22c08022", "22eda08022", "22f490808022", "22c322", "22e282")) {
      malformed(HexFormat.of().parseHex(hex), Object.class);
    }
    for (var charset :
        List.of(StandardCharsets.UTF_16BE, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16)) {
      malformed("{\"x\":5}".getBytes(charset), Int.class);
    }
  }

  @Test
  @Rule("COD-6")
  void longNumbersAreALimit() {
    for (Class<?> type : List.of(Object.class, BigDecimal.class)) {
      limit("string-bytes", catchThrowable(() -> decode(json("9".repeat(1001)), type)));
    }
    byte[] exponent = json("1e1000000000");
    rejected(exponent, java.math.BigInteger.class);
  }

  @Test
  @Rule("COD-5")
  void commasAreCounted() {
    byte[] commas = json("[" + ",".repeat(100_001));
    limit("elements", catchThrowable(() -> decode(commas, Object.class)));
    Limits one = Limits.DEFAULTS.withMaxElements(1);
    assertThat(catchThrowable(() -> decode(json("{\"a\": [] }"), Object.class, one))).isNull();
    limit("elements", catchThrowable(() -> decode(json("{\"a\":[ 1]}"), Object.class, one)));
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
}
