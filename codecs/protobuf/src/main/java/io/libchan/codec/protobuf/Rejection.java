package io.libchan.codec.protobuf;

import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/** Rejections, which hold nothing of what a peer sent. Rule COD-15. */
final class Rejection {
  private static final int MAX_TEXT_CHARS = 200;

  private Rejection() {}

  static MessageRejected of(String what, @Nullable Throwable cause) {
    String text = cause == null ? what : what + ": " + cause.getClass().getSimpleName();
    String cut = text.length() > MAX_TEXT_CHARS ? text.substring(0, MAX_TEXT_CHARS) : text;
    return new MessageRejected(Reason.of(ReasonCode.TYPE_MISMATCH, cut), cause);
  }

  /** Of what application code threw; a lack of memory is not the message's fault alone. */
  static MessageRejected byApplication(String what, Throwable cause) {
    if (cause instanceof VirtualMachineError fatal && !(cause instanceof StackOverflowError)) {
      throw fatal;
    }
    return of(what, cause);
  }

  static String name(Type type) {
    Type raw = type instanceof ParameterizedType generic ? generic.getRawType() : type;
    return raw instanceof Class<?> named ? named.getSimpleName() : raw.getTypeName();
  }
}
