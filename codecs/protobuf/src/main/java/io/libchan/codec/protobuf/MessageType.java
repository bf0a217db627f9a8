package io.libchan.codec.protobuf;

import com.google.protobuf.Message;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Binds a record to the generated message as which it travels. Each component stands for the field
 * of its name, in the form of the {@code .proto} file or of JSON; fields without a component are
 * left out when it is sent and ignored when it is received.
 *
 * <p>Channel ends, byte streams and files are components whose fields are of the types {@link
 * ChannelRef}, {@link StreamRef} and {@link FileRef}. For a record that can't be annotated there is
 * {@link ProtobufCodec#with}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface MessageType {
  /** The generated class. */
  Class<? extends Message> value();
}
