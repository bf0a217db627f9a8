package io.libchan.codec.jackson;

import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.spi.Codec.Attachments;
import io.libchan.spi.EncodeBuffer;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * One message that is being written: its bytes, its attachments and what went wrong. Jackson wraps
 * exceptions on their way out; the one kept here comes out as it is.
 *
 * <p>Not thread-safe.
 */
public final class Outgoing extends OutputStream {
  private final EncodeBuffer buffer;
  private final Attachments attachments;
  private @Nullable Exception failure; // the first one wins

  Outgoing(EncodeBuffer buffer, Attachments attachments) {
    this.buffer = buffer;
    this.attachments = attachments;
  }

  /** Where the bytes go; use {@link #ensure} here instead of the buffer's own. */
  public EncodeBuffer buffer() {
    return buffer;
  }

  /** As {@link EncodeBuffer#ensure}. */
  public void ensure(int count) throws LimitExceeded {
    try {
      buffer.ensure(count);
    } catch (LimitExceeded e) {
      keep(e);
      throw e;
    }
  }

  @Override
  public void write(int value) throws LimitExceeded {
    ensure(1);
    buffer.write(value);
  }

  @Override
  public void write(byte[] from, int offset, int count) throws LimitExceeded {
    ensure(count);
    buffer.write(from, offset, count);
  }

  /** Refuses the message: encoding ends with this exception. */
  public <E extends ChannelException> E refuse(E why) {
    keep(why);
    return why;
  }

  AttachmentReference add(Object end) throws ChannelException {
    try {
      return new AttachmentReference(attachments.add(end));
    } catch (ChannelException | RuntimeException e) {
      keep(e);
      throw e;
    }
  }

  @Nullable Exception failure() {
    return failure;
  }

  private void keep(Exception e) {
    if (failure == null) {
      failure = e;
    }
  }
}
