package io.libchan.calls;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/** {@code Reply<A>} as a type. Equal to the JDK's own. Thread-safe: immutable. */
final class ReplyType implements ParameterizedType {
  private final Type answer;

  private ReplyType(Type answer) {
    this.answer = answer;
  }

  /** The type of the replies to calls of this type; of any answer where the type does not tell. */
  static Type of(Type call) {
    boolean known = call instanceof ParameterizedType type && type.getRawType() == Call.class;
    return new ReplyType(
        known ? ((ParameterizedType) call).getActualTypeArguments()[1] : Object.class);
  }

  @Override
  public Type[] getActualTypeArguments() {
    return new Type[] {answer};
  }

  @Override
  public Type getRawType() {
    return Reply.class;
  }

  @Override
  public @Nullable Type getOwnerType() {
    return null;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ParameterizedType type
        && type.getRawType() == Reply.class
        && type.getActualTypeArguments().length == 1
        && answer.equals(type.getActualTypeArguments()[0]);
  }

  @Override
  public int hashCode() { // as the JDK's
    return (31 + answer.hashCode()) ^ Reply.class.hashCode();
  }

  @Override
  public String toString() {
    return Reply.class.getName() + "<" + answer.getTypeName() + ">";
  }
}
