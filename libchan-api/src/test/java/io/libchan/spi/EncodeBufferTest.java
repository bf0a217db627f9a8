package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.LimitExceeded;
import org.junit.jupiter.api.Test;

/** The array that messages are encoded in. */
final class EncodeBufferTest {
  @Test
  void anArrayThatWasGivenUpIsNotWrittenToAgain() throws Exception {
    EncodeBuffer buffer = new EncodeBuffer(1000, 3);
    buffer.write(new byte[] {1, 2, 3}, 0, 3);
    byte[] first = buffer.array();
    assertThat(buffer.length()).isEqualTo(6);
    buffer.release();
    assertThat(buffer.length()).isEqualTo(3);
    buffer.write(new byte[] {9, 9, 9}, 0, 3);
    assertThat(buffer.array()).isNotSameAs(first);
    assertThat(first).startsWith(0, 0, 0, 1, 2, 3);
  }

  @Test
  void theLimitHoldsAfterIt() throws Exception {
    EncodeBuffer buffer = new EncodeBuffer(2000, 3);
    buffer.write(new byte[1900], 0, 1900);
    buffer.release();
    buffer.write(new byte[2000], 0, 2000);
    assertThat(buffer.length()).isEqualTo(2003);
    assertThatThrownBy(() -> buffer.write(1)).isInstanceOf(LimitExceeded.class);
  }
}
