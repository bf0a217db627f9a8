package io.libchan.codec.protobuf;

import com.google.protobuf.Message;
import io.libchan.Limits;
import io.libchan.calls.Call;
import io.libchan.calls.Reply;
import io.libchan.spi.Codec;
import java.lang.reflect.Type;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The codec named {@code protobuf}: messages that {@code protoc} generated, and records bound to
 * such a message by {@link MessageType} or {@link #with}. A message that carries channel ends, byte
 * streams or files is a record, as a generated class has no place for them:
 *
 * <pre>{@code
 * message Command {                          @MessageType(CommandProto.class)
 *   string cmd = 1;                          record Command(
 *   libchan.StreamRef input = 2;                 String cmd, InputStream input,
 *   libchan.ChannelRef status = 3;               Sender<StatusProto> status) {}
 * }
 * }</pre>
 *
 * <p>What the other side sees: the generated message, with references where the record has ends.
 * Only this codec writes them: a message whose own data has a reference, a field that its class
 * does not know, or an extension is refused where it is sent. Unknown fields are left out when a
 * message is received. Rules COD-40 to COD-44.
 *
 * <p>Calls of {@link io.libchan.calls} work where request and answer are such messages.
 *
 * <p>Thread-safe: immutable.
 */
public final class ProtobufCodec implements Codec {
  private final Map<Class<?>, Class<? extends Message>> bound;

  /** The codec; {@link java.util.ServiceLoader} calls this. */
  public ProtobufCodec() {
    this(
        Map.of(
            Call.class, io.libchan.codec.protobuf.Call.class,
            Reply.class, io.libchan.codec.protobuf.Reply.class,
            Reply.Failure.class, CallError.class));
  }

  private ProtobufCodec(Map<Class<?>, Class<? extends Message>> bound) {
    this.bound = bound;
  }

  /**
   * This codec with one more record bound to a generated message, for {@code
   * Options.Builder.codec}. It wins over {@link MessageType}.
   */
  public ProtobufCodec with(Class<? extends Record> record, Class<? extends Message> message) {
    Map<Class<?>, Class<? extends Message>> more = new HashMap<>(bound);
    more.put(Objects.requireNonNull(record), Objects.requireNonNull(message));
    return new ProtobufCodec(Map.copyOf(more));
  }

  @Override
  public String name() {
    return "protobuf";
  }

  @Override
  public Format format(Type type, Limits limits) {
    return new ProtobufFormat(new Bindings(bound, limits).whole(type), type, limits);
  }
}
