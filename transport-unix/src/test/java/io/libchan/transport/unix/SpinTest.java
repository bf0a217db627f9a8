package io.libchan.transport.unix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

/** Looking for bytes is bounded, and rare where none come. */
final class SpinTest {
  private final Spin spin = new Spin();
  private final Bytes bytes = new Bytes();

  /** Counts how often it is asked, and has bytes after so many times. */
  private static final class Bytes extends InputStream {
    int asked;
    int after = Integer.MAX_VALUE;

    @Override
    public int available() {
      return ++asked >= after ? 1 : 0;
    }

    @Override
    public int read() throws IOException {
      throw new IOException("not to be read");
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      return read();
    }
  }

  private int looks(int times) throws IOException {
    int looks = 0;
    for (int i = 0; i < times; i++) {
      int before = bytes.asked;
      spin.await(bytes, true);
      looks += bytes.asked > before ? 1 : 0;
    }
    return looks;
  }

  @Test
  void itEndsWithoutBytesAndSoonHardlyLooksAnyMore() throws Exception {
    int looks = looks(10_000);
    assertThat(looks).isBetween(Runtime.getRuntime().availableProcessors() > 1 ? 1 : 0, 60);
  }

  @Test
  void bytesEndIt() throws Exception {
    bytes.after = 2;
    spin.await(bytes, true);
    assertThat(bytes.asked).isLessThanOrEqualTo(2);
  }

  @Test
  void afterManyMessagesItDoesNotLook() throws Exception {
    spin.await(bytes, false);
    assertThat(bytes.asked).isZero();
  }
}
