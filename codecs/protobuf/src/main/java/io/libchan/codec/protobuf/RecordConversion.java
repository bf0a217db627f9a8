package io.libchan.codec.protobuf;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.libchan.ChannelException;
import io.libchan.codec.protobuf.ProtobufFormat.Outgoing;
import io.libchan.spi.Codec.Claims;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A record as the message that it is bound to. Complete once it is bound. */
final class RecordConversion extends MessageConversion {
  private final Class<?> type;
  private final MethodHandle constructor;
  private List<Component> components = List.of();

  RecordConversion(Class<?> type, Message empty) {
    super(empty);
    this.type = type;
    this.constructor = constructor(type);
  }

  private static MethodHandle constructor(Class<?> type) {
    Class<?>[] types =
        Arrays.stream(type.getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      Constructor<?> canonical = type.getDeclaredConstructor(types);
      canonical.setAccessible(true);
      return MethodHandles.lookup()
          .unreflectConstructor(canonical)
          .asSpreader(Object[].class, types.length);
    } catch (ReflectiveOperationException | InaccessibleObjectException e) {
      throw closed(type, e);
    }
  }

  private static MethodHandle accessor(Class<?> type, RecordComponent component) {
    try {
      Method accessor = component.getAccessor();
      accessor.setAccessible(true);
      return MethodHandles.lookup().unreflect(accessor);
    } catch (ReflectiveOperationException | InaccessibleObjectException e) {
      throw closed(type, e);
    }
  }

  private static IllegalArgumentException closed(Class<?> type, Exception e) {
    return new IllegalArgumentException(
        type.getName() + " must be open to the module io.libchan.codec.protobuf", e);
  }

  /** Finds the field of each component. */
  void bind(Type generic, Bindings bindings) {
    components =
        Arrays.stream(type.getRecordComponents())
            .map(component -> component(component, generic, bindings))
            .toList();
  }

  private Component component(RecordComponent component, Type generic, Bindings bindings) {
    FieldDescriptor field = field(component.getName());
    Type of = Arguments.of(generic).resolve(component.getGenericType());
    FieldShape shape = field == null ? null : shape(of, field, bindings);
    if (field == null || shape == null) {
      throw new IllegalArgumentException(
          String.format(
              "%s.%s can't be a field of %s",
              type.getName(), component.getName(), descriptor().getFullName()));
    }
    return new Component(component.getName(), accessor(type, component), field, shape);
  }

  private @Nullable FieldDescriptor field(String name) {
    for (FieldDescriptor field : descriptor().getFields()) {
      if (field.getName().equals(name) || field.getJsonName().equals(name)) {
        return field;
      }
    }
    return null;
  }

  private static @Nullable FieldShape shape(Type of, FieldDescriptor field, Bindings bindings) {
    Class<?> raw = Bindings.raw(of);
    if (!field.isRepeated()) {
      Conversion value = bindings.value(of, field);
      return value == null ? null : new FieldShape.One(value, raw.isPrimitive());
    }
    Type[] arguments =
        of instanceof ParameterizedType generic ? generic.getActualTypeArguments() : new Type[0];
    if (field.isMapField() && raw == Map.class && arguments.length == 2) {
      List<FieldDescriptor> entry = field.getMessageType().getFields();
      Conversion key = bindings.value(arguments[0], entry.get(0));
      Conversion value = bindings.value(arguments[1], entry.get(1));
      return key == null || value == null ? null : new FieldShape.Entries(key, value);
    }
    if (!field.isMapField() && raw == List.class && arguments.length == 1) {
      Conversion value = bindings.value(arguments[0], field);
      return value == null ? null : new FieldShape.Many(value);
    }
    return null;
  }

  private record Component(
      String name, MethodHandle accessor, FieldDescriptor field, FieldShape shape) {}

  @Override
  public Message write(Object value, Outgoing attachments) throws ChannelException {
    Message.Builder builder = newBuilder();
    for (Component component : components) {
      Object part = part(component, value);
      if (part != null) {
        component.shape().write(builder, component.field(), part, attachments);
      } else if (!component.field().hasPresence()) {
        throw Rejection.of(
            "can't write null at " + type.getSimpleName() + "." + component.name(), null);
      }
    }
    if (!builder.isInitialized()) {
      throw Rejection.of("can't write " + type.getSimpleName() + ": a field is missing", null);
    }
    return builder.buildPartial();
  }

  private @Nullable Object part(Component component, Object value) throws ChannelException {
    try {
      return component.accessor().invoke(value);
    } catch (Throwable e) { // application code
      throw Rejection.byApplication("can't write " + type.getSimpleName(), e);
    }
  }

  @Override
  public Object read(Object field, Claims claims) throws ChannelException {
    Message message = (Message) field;
    @Nullable Object[] parts = new @Nullable Object[components.size()];
    for (int i = 0; i < parts.length; i++) {
      Component component = components.get(i);
      parts[i] = component.shape().read(message, component.field(), claims);
    }
    try {
      return constructor.invoke(parts);
    } catch (Throwable e) { // application code
      throw Rejection.byApplication("does not fit " + type.getSimpleName(), e);
    }
  }
}
