package io.libchan.codec.xml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.libchan.Channel;
import io.libchan.MessageRejected;
import io.libchan.Sender;
import io.libchan.TypeRef;
import io.libchan.spi.Codec;
import io.libchan.testkit.CodecContract;
import io.libchan.testkit.Rule;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract, and the bytes of XML. */
public final class XmlCodecTest extends CodecContract {
  private final Codec codec = new XmlCodec();

  @Override
  protected Codec codec() {
    return codec;
  }

  @Override
  protected byte[] nil() {
    return xml("<message type=\"null\"/>");
  }

  @Override
  protected byte[] deep(int levels) {
    return xml("<message type='list'>" + "<item type='list'>".repeat(levels));
  }

  private static byte[] xml(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A message that is a map with these entries. */
  private static byte[] map(String entries) {
    return xml("<message type=\"map\">" + entries + "</message>");
  }

  /** Writes XML of its own. */
  public record Raw(@JsonRawValue String raw) {}

  @Test
  @Rule({"COD-30", "COD-31", "COD-32"})
  void aMessageIsReadable() throws Exception {
    Map<String, Object> message = new LinkedHashMap<>();
    message.put("cmd", "sort <a");
    message.put("args", List.of("-u", 1, true));
    message.put("two words", Map.of("xml-lang", 1.5));
    message.put("none", null);
    assertThat(new String(encode(message, Object.class), StandardCharsets.UTF_8))
        .isEqualTo(
            "<message type=\"map\"><cmd>sort &lt;a</cmd><args type=\"list\"><item>-u</item>"
                + "<item type=\"number\">1</item><item type=\"boolean\">true</item></args>"
                + "<entry key=\"two words\" type=\"map\"><entry key=\"xml-lang\""
                + " type=\"number\">1.5</entry></entry><none type=\"null\"></none></message>");
    assertThat(
            decode(
                xml(
                    """
                    <?xml version="1.0" encoding="utf-8"?>
                    <message type='map'>
                      <x type="number"><![CDATA[5]]></x>
                      <entry type="map" key="y"/>
                    </message>
                    """),
                Object.class))
        .isEqualTo(Map.of("x", 5, "y", Map.of()));
  }

  @Test
  @Rule("COD-34")
  void whatXmlCannotHoldIsEscaped() throws Exception {
    assertThat(new String(encode("a\0\\\ufffe", String.class), StandardCharsets.UTF_8))
        .isEqualTo("<message type=\"escaped\">a\\u0000\\\\\\ufffe</message>");
    for (String text : List.of("\0", "\\", "\\u0041", "\r\n\t ", " a ", "]]>", "&amp;", "\u0085")) {
      assertThat(trip(text, String.class)).isEqualTo(text);
      assertThat(trip(Map.of(text, text), Object.class)).isEqualTo(Map.of(text, text));
    }
    assertThat(trip(Map.of("entry", Map.of("item", 1)), Object.class))
        .isEqualTo(Map.of("entry", Map.of("item", 1)));
    for (String wrong : List.of("\\", "\\u00", "\\x", "\\ud800", "\\u00g0", "\\u\uff10000")) {
      malformed(xml("<message type='escaped'>" + wrong + "</message>"), Object.class);
      malformed(map("<entry escapedKey='" + wrong + "'/>"), Object.class);
    }
    assertThat(catchThrowable(() -> encode("\ud800", String.class)))
        .isInstanceOf(MessageRejected.class);
  }

  @Test
  @Rule("COD-33")
  void attachmentsHaveAType() throws Exception {
    byte[] bytes = encode(new One(Channel.of(Part.class).sender()), One.class);
    assertThat(bytes).isEqualTo(map("<end type=\"attachment\">0</end>"));
    assertThat(decode(map("<entry key='end' type='attachment'>00</entry>"), One.class))
        .isEqualTo(new One(sender()));
  }

  @SuppressWarnings("unchecked")
  private Sender<Part> sender() {
    return (Sender<Part>) table.get(0);
  }

  @Test
  @Rule("COD-33")
  void imitationsAreNotWritten() throws Exception {
    for (Object message :
        List.of(Map.of("type", "attachment"), Map.of("a\" type=\"attachment", "0"), "</message>")) {
      assertThat(trip(message, Object.class)).isEqualTo(message);
    }
    assertThat(taken).isEmpty();
    assertThat(catchThrowable(() -> encode(new Raw("<x type=\"attachment\">0</x>"), Raw.class)))
        .isInstanceOf(MessageRejected.class)
        .hasMessageContaining("COD-33");
  }

  @Test
  @Rule("ATT-5")
  void forgedIndexesAreRefused() {
    for (String index : List.of("1", "65535")) {
      String forged = " type=\"attachment\">" + index + "</";
      rejected(xml("<message" + forged + "message>"), Object.class);
      rejected(map("<end" + forged + "end>"), One.class);
      rejected(
          xml("<message type='list'><item" + forged + "item></message>"),
          new TypeRef<List<Sender<Part>>>() {}.type());
      rejected(map("<x" + forged + "x>"), Text.class);
    }
    for (String wrong : List.of("", "-1", "65536", "99999999999", "0.0", " 0", "\u0663", "x")) {
      malformed(map("<end type='attachment'>" + wrong + "</end>"), One.class);
      malformed(map("<y type='attachment'>" + wrong + "</y><x type='number'>5</x>"), Int.class);
    }
  }

  /** The bombs and the ways out of the document, each without anything being read for it. */
  @Test
  @Rule("COD-30")
  void documentTypesAndEntitiesAreRefused(@TempDir Path folder) throws Exception {
    Path secret = Files.writeString(folder.resolve("secret.txt"), "the secret");
    String file = secret.toUri().toString();
    StringBuilder laughs = new StringBuilder("<!DOCTYPE message [<!ENTITY l0 'ha'>");
    for (int i = 1; i < 30; i++) {
      String last = "&l" + (i - 1) + ";";
      laughs.append("<!ENTITY l" + i + " '" + last.repeat(10) + "'>");
    }
    try (ServerSocket trap = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:" + trap.getLocalPort() + "/x.dtd";
      for (String text :
          List.of(
              laughs + "]><message>&l29;</message>",
              "<!DOCTYPE m [<!ENTITY a '"
                  + "a".repeat(50_000)
                  + "'>]><message>"
                  + "&a;".repeat(50_000)
                  + "</message>",
              "<!DOCTYPE m [<!ENTITY x SYSTEM '" + file + "'>]><message>&x;</message>",
              "<!DOCTYPE m [<!ENTITY x SYSTEM '" + url + "'>]><message>&x;</message>",
              "<!DOCTYPE m SYSTEM '" + url + "'><message/>",
              "<!DOCTYPE m PUBLIC '-//x' '" + url + "'><message/>",
              "<!DOCTYPE m [<!ENTITY % p SYSTEM '" + url + "'> %p;]><message/>",
              "<!DOCTYPE m [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><message>&a;</message>",
              "<!DOCTYPE message><message/>",
              "<message>&unknown;</message>",
              "<message><?xml-stylesheet href='" + url + "'?></message>",
              "<?target x?><message/>",
              "<message><!-- --></message>",
              "<message xmlns:xi='http://www.w3.org/2001/XInclude'/>",
              "<message type='map'><xi:include href='"
                  + file
                  + "' parse='text'"
                  + " xmlns:xi='http://www.w3.org/2001/XInclude'/></message>",
              "<message xsi:schemaLocation='x " + url + "'/>")) {
        malformed(xml(text), Object.class);
        malformed(xml(text), String.class);
      }
      trap.setSoTimeout(1);
      assertThat(catchThrowable(trap::accept)).isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  @Rule("COD-3")
  void malformedBytes() throws IOException {
    for (String text :
        List.of(
            "",
            " ",
            "x",
            "<message>",
            "<message></x>",
            "<Message/>",
            "<message/><message/>",
            "<message/>x",
            "<?xml version='1.1'?><message/>",
            "<?xml version='1.0' encoding='UTF-16'?><message/>",
            "<?xml version='1.0' encoding='ISO-8859-1'?><message/>",
            "\ufeff<message/>",
            "<message type='text'/>",
            "<message type='number'>01</message>",
            "<message type='number'>+1</message>",
            "<message type='number'>1.</message>",
            "<message type='number'>.5</message>",
            "<message type='number'>1e</message>",
            "<message type='number'>-</message>",
            "<message type='number'> 1</message>",
            "<message type='number'></message>",
            "<message type='number'>NaN</message>",
            "<message type='number'>0x10</message>",
            "<message type='boolean'>1</message>",
            "<message type='null'> </message>",
            "<message type='list'>x</message>",
            "<message type='list'><x/></message>",
            "<message type='list'><item key='a'/></message>",
            "<message key='a'/>",
            "<message><x/></message>",
            "<message other='1'/>",
            "<message type='map' type='map'/>",
            "<message type='map'><x key='a'/></message>",
            "<message type='map'><entry key='a' escapedKey='a'/></message>",
            "<message type='map'><x/><x/></message>",
            "<message type='map'><x/><entry key='x'/></message>",
            "<message type='map'><x/><entry escapedKey='\\u0078'/></message>",
            "<message>&#0;</message>",
            "<message>&#xd800;</message>",
            "<message>\u0001</message>")) {
      malformed(xml(text), Object.class);
    }
    malformed(map("<y type='map'><a/><a/></y><x type='number'>5</x>"), Int.class);
    for (String hex : List.of("ff", "c080", "eda080", "f4908080", "c3", "e282")) {
      byte[] bytes = xml("<message>12345678</message>");
      byte[] wrong = HexFormat.of().parseHex(hex);
      System.arraycopy(wrong, 0, bytes, 10, wrong.length);
      malformed(bytes, String.class);
    }
    for (var charset : List.of(StandardCharsets.UTF_16BE, StandardCharsets.UTF_16)) {
      malformed("<message/>".getBytes(charset), String.class);
    }
  }

  @Test
  @Rule({"COD-5", "COD-6"})
  void attributesAndNamesHaveLimits() {
    StringBuilder many = new StringBuilder("<message");
    for (int i = 0; i < 100_000; i++) {
      many.append(" a").append(i).append("=''");
    }
    malformed(xml(many + "/>"), Object.class);
    String longKey = "k".repeat(io.libchan.Limits.DEFAULTS.maxStringBytes() + 1);
    for (String entry : List.of("<" + longKey + "/>", "<entry key='" + longKey + "'/>")) {
      limit("string-bytes", catchThrowable(() -> decode(map(entry), Object.class)));
      limit("string-bytes", catchThrowable(() -> decode(map(entry), Int.class)));
    }
    limit(
        "elements",
        catchThrowable(
            () ->
                decode(
                    map(
                        "<y type='list'>"
                            + "<item/>".repeat(io.libchan.Limits.DEFAULTS.maxElements() + 1)
                            + "</y>"),
                    Int.class)));
  }

  @Test
  @Rule("COD-6")
  void longNumbersAreALimit() {
    byte[] digits = xml("<message type='number'>" + "9".repeat(1001) + "</message>");
    for (Class<?> type : List.of(Object.class, BigDecimal.class)) {
      limit("string-bytes", catchThrowable(() -> decode(digits, type)));
    }
    rejected(xml("<message type='number'>1e1000000000</message>"), BigInteger.class);
  }

  @Test
  void treesComeBack() throws Exception {
    JsonNode tree =
        new ObjectMapper()
            .readTree("{\"a\":[1,2.5,true,null,\"x\",{\"b\":{}}],\"c\":123456789012}");
    assertThat(trip(tree, JsonNode.class)).isEqualTo(tree);
    rejected(nil(), JsonNode.class);
  }
}
