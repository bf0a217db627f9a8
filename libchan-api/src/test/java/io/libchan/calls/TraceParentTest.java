package io.libchan.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The header of W3C Trace Context. */
final class TraceParentTest {
  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "b7ad6b7169203331";

  @Test
  void aHeaderIsReadAndWrittenAsItWas() {
    for (String text :
        new String[] {"00-" + TRACE + "-" + PARENT + "-01", "00-" + TRACE + "-" + PARENT + "-00"}) {
      TraceParent read = TraceParent.parse(text);
      assertThat(read).isNotNull();
      assertThat(read.traceId()).isEqualTo(TRACE);
      assertThat(read.parentId()).isEqualTo(PARENT);
      assertThat(read.sampled()).isEqualTo(text.endsWith("1"));
      assertThat(read).hasToString(text);
    }
  }

  @Test
  void ofTheFlagsOnlySampledIsKept() {
    assertThat(TraceParent.parse("00-" + TRACE + "-" + PARENT + "-ff"))
        .hasToString("00-" + TRACE + "-" + PARENT + "-01");
    assertThat(TraceParent.parse("00-" + TRACE + "-" + PARENT + "-fe"))
        .hasToString("00-" + TRACE + "-" + PARENT + "-00");
  }

  @Test
  void aLaterVersionIsReadAsFarAsItIsKnown() {
    for (String end : new String[] {"-01", "-01-", "-01-what-comes-later"}) {
      assertThat(TraceParent.parse("cc-" + TRACE + "-" + PARENT + end))
          .hasToString("00-" + TRACE + "-" + PARENT + "-01");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011",
        "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
      })
  void whatIsNoHeaderIsNone(String text) {
    assertThat(TraceParent.parse(text)).isNull();
  }

  @Test
  void eachStepHasAnIdOfItsOwnInTheSameTrace() {
    TraceParent step = TraceParent.start(true);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      TraceParent next = step.next();
      assertThat(next.traceId()).isEqualTo(step.traceId());
      assertThat(next.sampled()).isTrue();
      assertThat(seen.add(next.parentId())).isTrue();
      assertThat(TraceParent.parse(next.toString())).isEqualTo(next);
      step = next;
    }
    assertThat(TraceParent.start(false).next().sampled()).isFalse();
    assertThat(TraceParent.start(false).traceId()).isNotEqualTo(step.traceId());
  }

  @Test
  void idsThatAreNoneAreRefused() {
    assertThatThrownBy(() -> new TraceParent(TRACE, "0".repeat(16), true))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new TraceParent("0".repeat(32), PARENT, true))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> new TraceParent(TRACE.toUpperCase(java.util.Locale.ROOT), PARENT, true))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
