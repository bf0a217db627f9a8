package io.libchan.codec.protobuf;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Internal;
import com.google.protobuf.Message;
import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.FileHandle;
import io.libchan.Limits;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.codec.protobuf.ProtobufFormat.Outgoing;
import io.libchan.spi.Codec.Claims;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds out how types travel, for one format. Used by one thread. */
final class Bindings {
  private static final Map<Descriptor, Set<Class<?>>> REFERENCES =
      Map.of(
          ChannelRef.getDescriptor(),
          Set.of(Sender.class, Receiver.class),
          StreamRef.getDescriptor(),
          Set.of(ByteStream.class, InputStream.class, OutputStream.class),
          FileRef.getDescriptor(),
          Set.of(FileHandle.class));

  private final Map<Class<?>, Class<? extends Message>> bound;
  private final Limits limits;
  private final Map<Type, MessageConversion> known = new HashMap<>();

  Bindings(Map<Class<?>, Class<? extends Message>> bound, Limits limits) {
    this.bound = bound;
    this.limits = limits;
  }

  /** How a whole message travels. */
  MessageConversion whole(Type type) {
    MessageConversion conversion = message(type);
    if (conversion == null) {
      throw new IllegalArgumentException(
          "the codec \"protobuf\" carries generated messages and records bound to one by"
              + " @MessageType, not "
              + type.getTypeName());
    }
    return conversion;
  }

  private @Nullable MessageConversion message(Type type) {
    MessageConversion found = known.get(type);
    if (found != null) {
      return found;
    }
    Class<?> raw = raw(type);
    if (Message.class.isAssignableFrom(raw) && !raw.isInterface()) {
      found = MessageConversion.generated(empty(raw.asSubclass(Message.class)));
      known.put(type, found);
      return found;
    }
    MessageType annotation = raw.getAnnotation(MessageType.class);
    Class<? extends Message> message =
        bound.containsKey(raw) ? bound.get(raw) : annotation == null ? null : annotation.value();
    if (message == null || !raw.isRecord()) {
      return null;
    }
    RecordConversion made = new RecordConversion(raw, empty(message));
    known.put(type, made); // first, as it may be a part of itself
    made.bind(type, this);
    return made;
  }

  private static Message empty(Class<? extends Message> message) {
    try {
      return Internal.getDefaultInstance(message);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(message.getName() + " is not a generated message", e);
    }
  }

  static Class<?> raw(Type type) {
    Type raw = type instanceof ParameterizedType generic ? generic.getRawType() : type;
    return raw instanceof Class<?> known ? known : Object.class;
  }

  /** How one value travels in a field; null if it can't. */
  @Nullable Conversion value(Type type, FieldDescriptor field) {
    Class<?> raw = raw(type);
    return switch (field.getJavaType()) {
      case INT -> same(raw, int.class, Integer.class);
      case LONG -> same(raw, long.class, Long.class);
      case FLOAT -> same(raw, float.class, Float.class);
      case DOUBLE -> same(raw, double.class, Double.class);
      case BOOLEAN -> same(raw, boolean.class, Boolean.class);
      case STRING -> raw == String.class ? new Text() : null;
      case BYTE_STRING -> bytes(type, raw);
      case ENUM -> raw.isEnum() ? new Constant(raw, field.getEnumType()) : null;
      case MESSAGE -> part(type, raw, field.getMessageType());
    };
  }

  private static @Nullable Conversion same(Class<?> raw, Class<?> primitive, Class<?> boxed) {
    return raw == primitive || raw == boxed ? Conversion.same() : null;
  }

  private @Nullable Conversion bytes(Type type, Class<?> raw) {
    if (raw == ByteString.class) {
      return Conversion.same();
    }
    if (raw == byte[].class) {
      return new Binary();
    }
    MessageConversion inner = message(type);
    return inner == null ? null : new Wrapped(inner, limits);
  }

  private @Nullable Conversion part(Type type, Class<?> raw, Descriptor wanted) {
    Set<Class<?>> kinds = REFERENCES.get(wanted);
    if (kinds != null) {
      return kinds.contains(raw) ? new Reference(raw, element(type), wanted) : null;
    }
    MessageConversion inner = message(type);
    return inner == null || inner.descriptor() != wanted ? null : inner;
  }

  private static @Nullable Type element(Type type) {
    return type instanceof ParameterizedType generic ? generic.getActualTypeArguments()[0] : null;
  }

  /** An attachment, as its index. Rule COD-40. */
  private record Reference(Class<?> kind, @Nullable Type element, Descriptor type)
      implements Conversion {
    @Override
    public Object write(Object end, Outgoing attachments) throws ChannelException {
      int index = attachments.add(end);
      if (type == ChannelRef.getDescriptor()) {
        return ChannelRef.newBuilder().setIndex(index).build();
      }
      return type == StreamRef.getDescriptor()
          ? StreamRef.newBuilder().setIndex(index).build()
          : FileRef.newBuilder().setIndex(index).build();
    }

    @Override
    public Object read(Object field, Claims claims) throws ChannelException {
      int index =
          field instanceof ChannelRef channel
              ? channel.getIndex()
              : field instanceof StreamRef stream
                  ? stream.getIndex()
                  : ((FileRef) field).getIndex();
      try {
        return claims.take(index, kind, element);
      } catch (IllegalArgumentException e) { // of an element type that this codec can't carry
        throw Rejection.of("does not fit " + kind.getSimpleName(), e);
      }
    }
  }

  /** Text, which must be whole, as Protocol Buffers would replace half a surrogate pair. */
  private static final class Text implements Conversion {
    @Override
    public Object write(Object value, Outgoing attachments) throws ChannelException {
      String text = (String) value;
      for (int i = 0; i < text.length(); i++) {
        if (Character.isSurrogate(text.charAt(i))) {
          if (Character.isBmpCodePoint(text.codePointAt(i))) {
            throw Rejection.of("can't write text with half a surrogate pair", null);
          }
          i++;
        }
      }
      return text;
    }

    @Override
    public Object read(Object field, Claims claims) {
      return field;
    }
  }

  private static final class Binary implements Conversion {
    @Override
    public Object write(Object value, Outgoing attachments) {
      return ByteString.copyFrom((byte[]) value);
    }

    @Override
    public Object read(Object field, Claims claims) {
      return ((ByteString) field).toByteArray();
    }
  }

  /** A constant of any enum, by its name. */
  private record Constant(Class<?> type, EnumDescriptor values) implements Conversion {
    @Override
    public Object write(Object value, Outgoing attachments) throws ChannelException {
      EnumValueDescriptor found = values.findValueByName(((Enum<?>) value).name());
      if (found == null) {
        throw Rejection.of("can't write an unknown " + type.getSimpleName(), null);
      }
      return found;
    }

    @Override
    public Object read(Object field, Claims claims) throws ChannelException {
      EnumValueDescriptor value = (EnumValueDescriptor) field;
      for (Object constant : type.getEnumConstants()) {
        if (((Enum<?>) constant).name().equals(value.getName()) && value.getIndex() >= 0) {
          return constant;
        }
      }
      throw Rejection.of("does not fit " + type.getSimpleName(), null);
    }
  }

  /** A message in a field of bytes: the same on the wire as a field of its type. Rule COD-44. */
  private record Wrapped(MessageConversion inner, Limits limits) implements Conversion {
    @Override
    public Object write(Object value, Outgoing attachments) throws ChannelException {
      int before = attachments.setAside();
      ByteString bytes = inner.write(value, attachments).toByteString();
      byte[] array = bytes.toByteArray();
      attachments.check(WireScan.ofOurs(array, 0, array.length, inner.descriptor()));
      attachments.takeBack(before);
      return bytes;
    }

    @Override
    public Object read(Object field, Claims claims) throws ChannelException {
      byte[] bytes = ((ByteString) field).toByteArray();
      return inner.parse(bytes, 0, bytes.length, limits, claims);
    }
  }
}
