package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.ObjectCodec;
import io.libchan.ChannelException;
import io.libchan.spi.Codec.Claims;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * How the bytes of one codec look, under the limits of one format.
 *
 * <p>Thread-safe.
 */
public interface Syntax {
  /**
   * A parser of a message that fills exactly this range.
   *
   * @throws io.libchan.LimitExceeded if the message is over a limit
   * @throws io.libchan.ProtocolViolation if the bytes are malformed, as far as this can be told
   *     before parsing
   */
  MessageParser parser(byte[] bytes, int offset, int length, Claims claims, ObjectCodec mapper)
      throws IOException;

  /**
   * A generator of one message, which writes an {@link AttachmentReference} given to {@code
   * writeEmbeddedObject} and refuses a key that comes twice, at the latest when it is closed. It
   * must implement {@link MessageGenerator}.
   */
  JsonGenerator generator(Outgoing out, ObjectCodec mapper) throws IOException;

  /**
   * What to say if parsing ended with this exception or one of its causes: a {@link
   * io.libchan.ProtocolViolation} or {@link io.libchan.LimitExceeded}, or null if the bytes are not
   * to blame.
   */
  default @Nullable ChannelException blame(Throwable failure) {
    return null;
  }
}
