package io.libchan.codec.jackson;

import com.fasterxml.jackson.databind.JavaType;
import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Jackson's resolved types as Java's own, which other codecs and the engine understand.
 *
 * <p>Thread-safe: there is no state.
 */
public final class Types {
  private Types() {}

  /** The same type, equal to the JDK's own. */
  public static Type of(JavaType type) {
    Class<?> raw = type.getRawClass();
    if (type.isArrayType()) {
      Type component = of(type.getContentType());
      return component instanceof Class<?> plain
          ? Array.newInstance(plain, 0).getClass()
          : new ArrayOf(component);
    }
    int count = type.getBindings().size();
    if (count == 0 || count != raw.getTypeParameters().length) {
      return raw;
    }
    Type[] arguments = new Type[count];
    for (int i = 0; i < count; i++) {
      arguments[i] = of(type.getBindings().getBoundType(i));
    }
    return new Parameterized(raw, arguments);
  }

  private record ArrayOf(Type component) implements GenericArrayType {
    @Override
    public Type getGenericComponentType() {
      return component;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof GenericArrayType array
          && component.equals(array.getGenericComponentType());
    }

    @Override
    public int hashCode() {
      return component.hashCode(); // as the JDK's
    }

    @Override
    public String toString() {
      return component.getTypeName() + "[]";
    }
  }

  /** Equal to the JDK's own types with the same parts. */
  private static final class Parameterized implements ParameterizedType {
    private final Class<?> raw;
    private final Type[] arguments;

    Parameterized(Class<?> raw, Type[] arguments) {
      this.raw = raw;
      this.arguments = arguments;
    }

    @Override
    public Type[] getActualTypeArguments() {
      return arguments.clone();
    }

    @Override
    public Type getRawType() {
      return raw;
    }

    @Override
    public @Nullable Type getOwnerType() {
      return raw.getDeclaringClass();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ParameterizedType type
          && raw.equals(type.getRawType())
          && Arrays.equals(arguments, type.getActualTypeArguments());
    }

    @Override
    public int hashCode() { // as the JDK's
      Class<?> owner = raw.getDeclaringClass();
      return Arrays.hashCode(arguments) ^ (owner == null ? 0 : owner.hashCode()) ^ raw.hashCode();
    }

    @Override
    public String toString() {
      return raw.getName()
          + Arrays.toString(Stream.of(arguments).map(Type::getTypeName).toArray())
              .replace('[', '<')
              .replace(']', '>');
    }
  }
}
