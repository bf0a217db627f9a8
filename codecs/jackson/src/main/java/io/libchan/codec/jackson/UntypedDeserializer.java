package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a value of a type nobody knows: maps, lists, text, numbers, bytes, and attachments as
 * whatever they are. As deep as the limit on depth allows.
 */
final class UntypedDeserializer extends StdDeserializer<Object> {
  private static final long serialVersionUID = 1L;

  UntypedDeserializer() {
    super(Object.class);
  }

  @Override
  public @Nullable Object deserialize(JsonParser parser, DeserializationContext context)
      throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        parser.nextToken();
        yield map(parser, context);
      }
      case FIELD_NAME, END_OBJECT -> map(parser, context);
      case START_ARRAY -> list(parser, context);
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getNumberValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      case VALUE_EMBEDDED_OBJECT -> embedded(parser.getEmbeddedObject(), context);
      default -> context.handleUnexpectedToken(Object.class, parser);
    };
  }

  private Map<String, @Nullable Object> map(JsonParser parser, DeserializationContext context)
      throws IOException {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (; parser.currentToken() == JsonToken.FIELD_NAME; parser.nextToken()) {
      String key = parser.currentName();
      parser.nextToken();
      map.put(key, deserialize(parser, context));
    }
    return map;
  }

  private List<@Nullable Object> list(JsonParser parser, DeserializationContext context)
      throws IOException {
    List<@Nullable Object> list = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      list.add(deserialize(parser, context));
    }
    return list;
  }

  private static @Nullable Object embedded(@Nullable Object value, DeserializationContext context)
      throws IOException {
    return value instanceof AttachmentReference reference
            && context.getParser() instanceof MessageParser root
        ? root.take(reference, Object.class, null)
        : value;
  }
}
