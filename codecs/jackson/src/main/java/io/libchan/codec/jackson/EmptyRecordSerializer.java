package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;

/**
 * Writes a record without fields. Jackson refuses everything without fields, which is right for
 * other classes: it is how a channel or a lock would vanish unnoticed. Thread-safe.
 */
final class EmptyRecordSerializer extends StdSerializer<Object> {
  private static final long serialVersionUID = 1L;

  EmptyRecordSerializer() {
    super(Object.class);
  }

  @Override
  public void serialize(Object message, JsonGenerator generator, SerializerProvider provider)
      throws IOException {
    generator.writeStartObject();
    generator.writeEndObject();
  }
}
