package io.libchan;

import io.libchan.spi.Ends;
import java.io.FileDescriptor;
import java.util.Optional;

/**
 * What is known about the open descriptors behind attachments, for those who must know.
 *
 * <p>Thread-safe.
 */
public final class Descriptors {
  private Descriptors() {}

  /**
   * The descriptor that an attachment stands for, or would be sent as: a {@link FileHandle}, a
   * {@code FileInputStream} or {@code FileOutputStream} (no subclass of them, which may do more
   * than the file), or an end that arrived as a descriptor. Empty for everything else.
   *
   * <p>It stays the attachment's, and is valid until that is closed or sent away.
   *
   * @throws IllegalStateException if the attachment was closed or sent away
   */
  public static Optional<FileDescriptor> of(Object attachment) {
    return Optional.ofNullable(Ends.descriptor(attachment));
  }
}
