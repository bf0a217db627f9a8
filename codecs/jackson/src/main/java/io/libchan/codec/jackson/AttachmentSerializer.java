package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.jsontype.TypeSerializer;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import java.io.IOException;

/** Writes an attachment as its index. Thread-safe. */
final class AttachmentSerializer extends StdSerializer<Object> {
  private static final long serialVersionUID = 1L;

  AttachmentSerializer() {
    super(Object.class);
  }

  @Override
  public void serialize(Object end, JsonGenerator generator, SerializerProvider provider)
      throws IOException {
    // The generator at hand may be a buffer; the message is known to the one at the root.
    if (!(provider.getGenerator() instanceof MessageGenerator root)) {
      provider.reportBadDefinition(end.getClass(), "attachments can't be written apart");
      return;
    }
    generator.writeEmbeddedObject(root.outgoing().add(end));
  }

  @Override
  public void serializeWithType(
      Object end, JsonGenerator generator, SerializerProvider provider, TypeSerializer type)
      throws IOException {
    serialize(end, generator, provider);
  }
}
