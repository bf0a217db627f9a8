package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.jsontype.TypeDeserializer;
import io.libchan.Receiver;
import io.libchan.Sender;
import java.io.IOException;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/** Reads an attachment of a known kind, and of a known element type if it is a channel end. */
final class AttachmentDeserializer extends StdDeserializer<Object> {
  private static final long serialVersionUID = 1L;

  private final Class<?> kind;
  private final transient @Nullable Type element;

  AttachmentDeserializer(JavaType type) {
    super(type);
    kind = type.getRawClass();
    boolean typed = kind == Sender.class || kind == Receiver.class;
    element = typed ? Types.of(type.containedTypeOrUnknown(0)) : null;
  }

  @Override
  public Object deserialize(JsonParser parser, DeserializationContext context) throws IOException {
    // The parser at hand may be a buffer; the message is known to the one at the root.
    if (parser.currentToken() == JsonToken.VALUE_EMBEDDED_OBJECT
        && parser.getEmbeddedObject() instanceof AttachmentReference reference
        && context.getParser() instanceof MessageParser root) {
      return root.take(reference, kind, element);
    }
    return context.reportInputMismatch(this, "not an attachment");
  }

  @Override
  public Object deserializeWithType(
      JsonParser parser, DeserializationContext context, TypeDeserializer type) throws IOException {
    return deserialize(parser, context);
  }
}
