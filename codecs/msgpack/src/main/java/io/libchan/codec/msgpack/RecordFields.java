package io.libchan.codec.msgpack;

import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.BeanDeserializer;
import com.fasterxml.jackson.databind.deser.DefaultDeserializationContext;
import com.fasterxml.jackson.databind.deser.SettableBeanProperty;
import com.fasterxml.jackson.databind.introspect.AnnotatedParameter;
import com.fasterxml.jackson.databind.ser.BeanPropertyWriter;
import com.fasterxml.jackson.databind.ser.BeanSerializer;
import com.fasterxml.jackson.databind.ser.PropertyWriter;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;

/**
 * Asks Jackson what it would do with a record. The answer is the types of the components if they
 * are all that it writes and reads, in their order and by their names, through the accessors and
 * the one constructor; otherwise there is no answer, by {@link Abandoned}.
 */
final class RecordFields {
  private final JavaType type;
  private final RecordComponent[] components;

  private RecordFields(JavaType type) {
    this.type = type;
    this.components = type.getRawClass().getRecordComponents();
  }

  static List<JavaType> of(JavaType type, ObjectMapper mapper) throws JsonMappingException {
    Class<?> raw = type.getRawClass();
    if (!raw.isRecord() || raw.getDeclaredConstructors().length != 1 || Annotated.is(raw)) {
      throw Abandoned.now();
    }
    RecordFields fields = new RecordFields(type);
    List<JavaType> written = fields.written(mapper);
    require(written.equals(fields.read(mapper)));
    return written;
  }

  private List<JavaType> written(ObjectMapper mapper) throws JsonMappingException {
    JsonSerializer<?> serializer = mapper.getSerializerProviderInstance().findValueSerializer(type);
    require(serializer.getClass() == BeanSerializer.class && !serializer.usesObjectId());
    JavaType[] types = new JavaType[components.length];
    Iterator<PropertyWriter> properties = serializer.properties();
    for (int i = 0; i < types.length; i++) {
      require(properties.hasNext());
      PropertyWriter property = properties.next();
      require(property.getClass() == BeanPropertyWriter.class && is(property, components[i]));
      types[i] = property.getType();
    }
    require(!properties.hasNext());
    return Arrays.asList(types);
  }

  private static boolean is(PropertyWriter property, RecordComponent component) {
    return property.getName().equals(component.getName())
        && component.getAccessor().equals(property.getMember().getMember())
        && !((BeanPropertyWriter) property).willSuppressNulls();
  }

  private List<JavaType> read(ObjectMapper mapper) throws JsonMappingException {
    DeserializationContext context =
        ((DefaultDeserializationContext) mapper.getDeserializationContext())
            .createDummyInstance(mapper.getDeserializationConfig());
    JsonDeserializer<?> deserializer = context.findRootValueDeserializer(type);
    require(deserializer.getClass() == BeanDeserializer.class);
    JavaType[] types = new JavaType[components.length];
    Iterator<SettableBeanProperty> properties =
        ((BeanDeserializer) deserializer).creatorProperties();
    for (int left = types.length; left > 0; left--) {
      require(properties.hasNext());
      SettableBeanProperty property = properties.next();
      int index = property.getCreatorIndex();
      require(property.getName().equals(components[index].getName()));
      require(property.getMember() instanceof AnnotatedParameter);
      types[index] = property.getType();
    }
    require(!properties.hasNext());
    return Arrays.asList(types);
  }

  private static void require(boolean condition) {
    if (!condition) {
      throw Abandoned.now();
    }
  }
}
