package io.libchan.codec.protobuf;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the variables of a generic type stand for. Thread-safe: immutable. */
record Arguments(Map<Type, Type> values) {
  static Arguments of(Type type) {
    Map<Type, Type> values = new HashMap<>();
    if (type instanceof ParameterizedType generic) {
      TypeVariable<?>[] variables = Bindings.raw(type).getTypeParameters();
      for (int i = 0; i < variables.length; i++) {
        values.put(variables[i], generic.getActualTypeArguments()[i]);
      }
    }
    return new Arguments(values);
  }

  /** The type with what its variables stand for; one that is not known is {@code Object}. */
  Type resolve(Type type) {
    if (type instanceof TypeVariable<?>) {
      return values.getOrDefault(type, Object.class);
    }
    if (values.isEmpty() || !(type instanceof ParameterizedType generic)) {
      return type;
    }
    return new Parameterized(
        (Class<?>) generic.getRawType(),
        generic.getOwnerType(),
        Arrays.stream(generic.getActualTypeArguments()).map(this::resolve).toArray(Type[]::new));
  }

  /** Equal to the JDK's own types with the same parts. */
  private static final class Parameterized implements ParameterizedType {
    private final Class<?> raw;
    private final @Nullable Type owner;
    private final Type[] arguments;

    Parameterized(Class<?> raw, @Nullable Type owner, Type[] arguments) {
      this.raw = raw;
      this.owner = owner;
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
      return owner;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof ParameterizedType type
          && raw.equals(type.getRawType())
          && Arrays.equals(arguments, type.getActualTypeArguments());
    }

    @Override
    public int hashCode() { // as the JDK's
      return Arrays.hashCode(arguments) ^ (owner == null ? 0 : owner.hashCode()) ^ raw.hashCode();
    }

    @Override
    public String toString() {
      return raw.getName() + Arrays.toString(arguments);
    }
  }
}
