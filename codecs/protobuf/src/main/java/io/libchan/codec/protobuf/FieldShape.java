package io.libchan.codec.protobuf;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.libchan.ChannelException;
import io.libchan.codec.protobuf.ProtobufFormat.Outgoing;
import io.libchan.spi.Codec.Claims;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether a field is one value, a list or a map. Thread-safe. */
sealed interface FieldShape {
  /** Sets the field. */
  void write(Message.Builder to, FieldDescriptor field, Object value, Outgoing attachments)
      throws ChannelException;

  /** The component's value, null if the field is absent. */
  @Nullable Object read(Message from, FieldDescriptor field, Claims claims) throws ChannelException;

  /** One value. A primitive component has the field's default where it is absent. */
  record One(Conversion value, boolean primitive) implements FieldShape {
    @Override
    public void write(Message.Builder to, FieldDescriptor field, Object one, Outgoing attachments)
        throws ChannelException {
      to.setField(field, value.write(one, attachments));
    }

    @Override
    public @Nullable Object read(Message from, FieldDescriptor field, Claims claims)
        throws ChannelException {
      return field.hasPresence() && !primitive && !from.hasField(field)
          ? null
          : value.read(from.getField(field), claims);
    }
  }

  /** A list. */
  record Many(Conversion value) implements FieldShape {
    @Override
    public void write(Message.Builder to, FieldDescriptor field, Object list, Outgoing attachments)
        throws ChannelException {
      for (Object one : (List<?>) list) {
        to.addRepeatedField(field, value.write(given(one), attachments));
      }
    }

    @Override
    public Object read(Message from, FieldDescriptor field, Claims claims) throws ChannelException {
      List<?> fields = (List<?>) from.getField(field);
      List<Object> list = new ArrayList<>(fields.size());
      for (Object one : fields) {
        list.add(value.read(one, claims));
      }
      return Collections.unmodifiableList(list);
    }
  }

  /** A map. */
  record Entries(Conversion key, Conversion value) implements FieldShape {
    @Override
    public void write(Message.Builder to, FieldDescriptor field, Object map, Outgoing attachments)
        throws ChannelException {
      List<FieldDescriptor> entry = field.getMessageType().getFields();
      for (Map.Entry<?, ?> one : ((Map<?, ?>) map).entrySet()) {
        Message.Builder builder = to.newBuilderForField(field);
        builder.setField(entry.get(0), key.write(given(one.getKey()), attachments));
        builder.setField(entry.get(1), value.write(given(one.getValue()), attachments));
        to.addRepeatedField(field, builder.build());
      }
    }

    @Override
    public Object read(Message from, FieldDescriptor field, Claims claims) throws ChannelException {
      List<FieldDescriptor> entry = field.getMessageType().getFields();
      Map<Object, Object> map = new LinkedHashMap<>();
      for (Object one : (List<?>) from.getField(field)) {
        Message message = (Message) one;
        map.put(
            key.read(message.getField(entry.get(0)), claims),
            value.read(message.getField(entry.get(1)), claims));
      }
      return Collections.unmodifiableMap(map);
    }
  }

  private static Object given(@Nullable Object part) throws ChannelException {
    if (part == null) {
      throw Rejection.of("can't write null in a list or map", null);
    }
    return part;
  }
}
