package io.libchan.core.reference;

import io.libchan.spi.ReferenceCodec.Code;
import org.jspecify.annotations.Nullable;

/** A stream that a message names. Guarded by the port that the message came to. */
final class Named {
  final Code code;
  final long reference;
  @Nullable Pipe pipe;
  boolean missing; // it will not come any more, or is another's
  boolean taken;

  Named(Code code, long reference) {
    this.code = code;
    this.reference = reference;
  }
}
