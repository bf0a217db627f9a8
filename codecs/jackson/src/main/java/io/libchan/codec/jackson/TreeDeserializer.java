package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.deser.std.JsonNodeDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.POJONode;
import java.io.IOException;
import java.util.Map;

/** Reads a tree; an attachment in it becomes a {@link POJONode} that holds the end or stream. */
final class TreeDeserializer extends StdDeserializer<JsonNode> {
  private static final long serialVersionUID = 1L;

  private final JsonDeserializer<? extends JsonNode> plain;

  TreeDeserializer(Class<? extends JsonNode> type) {
    super(type);
    plain = JsonNodeDeserializer.getDeserializer(type);
  }

  @Override
  public JsonNode deserialize(JsonParser parser, DeserializationContext context)
      throws IOException {
    JsonNode tree = plain.deserialize(parser, context);
    return context.getParser() instanceof MessageParser root && root.sawReference()
        ? resolve(tree, root)
        : tree;
  }

  @Override
  public Object getAbsentValue(DeserializationContext context) throws JsonMappingException {
    return plain.getAbsentValue(context);
  }

  @Override
  public JsonNode getNullValue(DeserializationContext context) throws JsonMappingException {
    return plain.getNullValue(context);
  }

  /** Recursion ends, as the message's depth is limited. */
  private static JsonNode resolve(JsonNode node, MessageParser root) throws IOException {
    if (node instanceof POJONode pojo && pojo.getPojo() instanceof AttachmentReference reference) {
      return new POJONode(root.take(reference, Object.class, null));
    }
    if (node instanceof ObjectNode object) {
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        field.setValue(resolve(field.getValue(), root));
      }
    } else if (node instanceof ArrayNode array) {
      for (int i = 0; i < array.size(); i++) {
        array.set(i, resolve(array.get(i), root));
      }
    }
    return node;
  }
}
