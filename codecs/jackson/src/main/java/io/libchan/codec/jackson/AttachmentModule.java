package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.Version;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.SerializationConfig;
import com.fasterxml.jackson.databind.deser.Deserializers;
import com.fasterxml.jackson.databind.ser.Serializers;
import io.libchan.ByteStream;
import io.libchan.FileHandle;
import io.libchan.Receiver;
import io.libchan.Sender;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells Jackson which types are attachments. Thread-safe. */
final class AttachmentModule extends Module {
  private static final Set<Class<?>> KINDS =
      Set.of(
          Sender.class,
          Receiver.class,
          ByteStream.class,
          FileHandle.class,
          InputStream.class,
          OutputStream.class);

  @Override
  public String getModuleName() {
    return "libchan";
  }

  @Override
  public Version version() {
    return Version.unknownVersion();
  }

  @Override
  public void setupModule(SetupContext context) {
    context.addSerializers(new Writers());
    context.addKeySerializers(new KeyWriters());
    context.addDeserializers(new Readers());
  }

  private static boolean isAttachment(Class<?> type) {
    for (Class<?> kind : KINDS) {
      if (kind.isAssignableFrom(type)) {
        return true;
      }
    }
    return false;
  }

  private static final class Writers extends Serializers.Base {
    @Override
    public @Nullable JsonSerializer<?> findSerializer(
        SerializationConfig config, JavaType type, BeanDescription description) {
      Class<?> raw = type.getRawClass();
      if (isAttachment(raw)) {
        return new AttachmentSerializer();
      }
      if (raw == AttachmentReference.class) {
        return new ReferenceSerializer();
      }
      return raw.isRecord() && raw.getRecordComponents().length == 0
          ? new EmptyRecordSerializer()
          : null;
    }
  }

  /** A map's key that is a number is text, also in formats that have others. Rule COD-14. */
  private static final class KeyWriters extends Serializers.Base {
    @Override
    public @Nullable JsonSerializer<?> findSerializer(
        SerializationConfig config, JavaType type, BeanDescription description) {
      Class<?> raw = type.getRawClass();
      return raw == Integer.class || raw == Long.class ? new NumberKeySerializer() : null;
    }
  }

  private static final class Readers extends Deserializers.Base {
    @Override
    public @Nullable JsonDeserializer<?> findBeanDeserializer(
        JavaType type, DeserializationConfig config, BeanDescription description) {
      Class<?> raw = type.getRawClass();
      if (raw == Object.class) {
        return new UntypedDeserializer();
      }
      return KINDS.contains(raw) ? new AttachmentDeserializer(type) : null;
    }

    @Override
    public JsonDeserializer<?> findTreeNodeDeserializer(
        Class<? extends JsonNode> type, DeserializationConfig config, BeanDescription description) {
      return new TreeDeserializer(type);
    }

    @Override
    public boolean hasDeserializerFor(DeserializationConfig config, Class<?> type) {
      return type == Object.class || KINDS.contains(type) || JsonNode.class.isAssignableFrom(type);
    }
  }
}
