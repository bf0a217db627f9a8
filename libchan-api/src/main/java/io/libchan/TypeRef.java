package io.libchan;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;

/**
 * A message type with its type arguments, for channels of generic types: {@code new
 * TypeRef<List<Job>>() {}}.
 *
 * <p>Thread-safe: immutable.
 *
 * @param <T> the message type
 */
public abstract class TypeRef<T> {
  private final Type type;

  /** Captures the type argument of the anonymous subclass. */
  protected TypeRef() {
    if (!(getClass().getGenericSuperclass() instanceof ParameterizedType parent)) {
      throw new IllegalStateException("TypeRef needs a type argument: new TypeRef<List<Job>>() {}");
    }
    type = parent.getActualTypeArguments()[0];
  }

  /** The captured type. */
  public final Type type() {
    return type;
  }
}
