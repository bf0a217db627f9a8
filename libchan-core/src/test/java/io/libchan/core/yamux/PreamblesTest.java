package io.libchan.core.yamux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is remembered changes no byte and no header. Rules PRE-1 to PRE-4. */
class PreamblesTest {
  private final Preambles preambles = new Preambles();

  /** Neighbours differ in one thing each, and some in nothing but the reference. */
  private static List<StreamHeaders> all() {
    List<StreamHeaders> all = new ArrayList<>();
    long reference = 1;
    for (int repeat = 0; repeat < 2; repeat++) {
      for (Kind kind : List.of(Kind.SENDING, Kind.RECEIVING)) {
        for (String name : List.of("", "jobs")) {
          for (String codec : List.of("msgpack", "json")) {
            for (int capacity : List.of(1024, 7)) {
              for (Map<Integer, String> extra :
                  List.of(Map.<Integer, String>of(), Map.of(StreamHeaders.FILE_RANGE, "0/5"))) {
                for (long parent : new long[] {0, 0, 9}) {
                  reference += 2;
                  all.add(new StreamHeaders(reference, kind, name, codec, capacity, parent, extra));
                }
              }
            }
          }
        }
      }
    }
    all.add(new StreamHeaders(reference + 2, Kind.BYTES, "", null, 1024, 9, Map.of()));
    return all;
  }

  @Test
  void whatIsWrittenIsTheSameAsWithoutMemory() {
    for (StreamHeaders headers : all()) {
      assertThat(preambles.encode(headers)).isEqualTo(Preamble.encode(headers));
    }
  }

  @Test
  void whatIsReadIsTheSameAsWithoutMemory() throws Exception {
    for (StreamHeaders headers : all()) {
      assertThat(preambles.decode(bytes(headers))).isEqualTo(headers);
    }
  }

  @Test
  void aWrongReferenceIsRefusedBehindOneThatIsAlike() throws Exception {
    StreamHeaders good = new StreamHeaders(3, Kind.SENDING, "jobs", "json", 7, 0, Map.of());
    assertThat(preambles.decode(bytes(good))).isEqualTo(good);
    ByteBuffer bad = bytes(good);
    bad.putLong(bad.position() + 1, -3);
    assertThatThrownBy(() -> preambles.decode(bad)).isInstanceOf(Preamble.Malformed.class);
  }

  @Test
  void oneThatIsCutShortIsRefusedBehindAWholeOne() throws Exception {
    StreamHeaders good = new StreamHeaders(3, Kind.SENDING, "jobs", "json", 7, 0, Map.of());
    assertThat(preambles.decode(bytes(good))).isEqualTo(good);
    ByteBuffer bad = bytes(good);
    bad.limit(bad.limit() - 1);
    assertThatThrownBy(() -> preambles.decode(bad)).isInstanceOf(Preamble.Malformed.class);
  }

  private static ByteBuffer bytes(StreamHeaders headers) {
    return ByteBuffer.wrap(Preamble.encode(headers)).position(2);
  }
}
