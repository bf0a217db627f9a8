package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;

/** Copies a reference that Jackson buffers, such as one in a field it does not know yet. */
final class ReferenceSerializer extends StdSerializer<AttachmentReference> {
  private static final long serialVersionUID = 1L;

  ReferenceSerializer() {
    super(AttachmentReference.class);
  }

  @Override
  public void serialize(
      AttachmentReference reference, JsonGenerator generator, SerializerProvider provider)
      throws IOException {
    generator.writeEmbeddedObject(reference);
  }
}
