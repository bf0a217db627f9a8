import org.jspecify.annotations.NullMarked;

/** What the codecs that stand on Jackson share. */
@NullMarked
module io.libchan.codec.jackson {
  requires transitive com.fasterxml.jackson.core;
  requires transitive com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.datatype.jsr310;
  requires transitive io.libchan;
  requires static org.jspecify;

  exports io.libchan.codec.jackson;
}
