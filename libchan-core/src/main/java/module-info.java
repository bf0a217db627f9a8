import org.jspecify.annotations.NullMarked;

/** The engine: streams, credit, references, close. Found at run time, exports nothing. */
@NullMarked
module io.libchan.core {
  requires io.libchan;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  uses io.libchan.spi.Codec;
  uses io.libchan.spi.ReferenceCodec;

  provides io.libchan.spi.Engine with
      io.libchan.core.CoreEngine;
}
