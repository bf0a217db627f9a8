package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;

/** Writes a number that is a key as text. Thread-safe. */
final class NumberKeySerializer extends StdSerializer<Object> {
  private static final long serialVersionUID = 1L;

  NumberKeySerializer() {
    super(Object.class);
  }

  @Override
  public void serialize(Object key, JsonGenerator generator, SerializerProvider provider)
      throws IOException {
    generator.writeFieldName(key.toString());
  }
}
