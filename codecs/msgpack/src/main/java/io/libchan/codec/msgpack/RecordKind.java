package io.libchan.codec.msgpack;

import static java.lang.invoke.MethodHandles.collectArguments;
import static java.lang.invoke.MethodHandles.dropArguments;
import static java.lang.invoke.MethodHandles.filterArguments;
import static java.lang.invoke.MethodHandles.foldArguments;
import static java.lang.invoke.MethodHandles.permuteArguments;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;

/**
 * Composes the kind of a record of those of its fields, as method handles that the JVM compiles to
 * straight code: key, value, key, value, and then the constructor.
 */
final class RecordKind {
  private static final MethodHandles.Lookup HERE = MethodHandles.lookup();
  private static final MethodHandle WRITE_KEY = FieldKind.writing("key", Key.class);
  private static final MethodHandle READ_KEY = FieldKind.reading(void.class, "key", Key.class);
  private static final MethodHandle READ_END = FieldKind.reading(void.class, "end");

  private final Class<?> type;
  private final RecordComponent[] components;
  private final List<FieldKind> kinds = new ArrayList<>();
  private final List<Key> keys = new ArrayList<>();
  private Cost cost = Cost.ofBytes(0);

  private RecordKind(Class<?> type) {
    this.type = type;
    this.components = type.getRecordComponents();
  }

  static RecordKind of(JavaType type, FieldKinds known)
      throws JsonMappingException, IllegalAccessException {
    List<JavaType> fields = known.fields(type);
    RecordKind record = new RecordKind(type.getRawClass());
    for (int i = 0; i < fields.size(); i++) {
      record.add(known.of(fields.get(i)));
    }
    return record;
  }

  private void add(FieldKind kind) {
    int index = kinds.size();
    String name = components[index].getName();
    Key key = index == 0 ? Key.ofFirst(components.length, name) : Key.of(name);
    kinds.add(kind);
    keys.add(key);
    cost = cost.and(kind.cost()).and(new Cost(key.room(), 0, 0, key.size()));
  }

  /** The kind of a field; attachments would have to wait for the end of the message. */
  FieldKind kind() throws IllegalAccessException {
    if (kinds.stream().anyMatch(kind -> kind.taker() != null)) {
      throw Abandoned.now();
    }
    return new FieldKind(writer(), reader(constructor()), null, cost());
  }

  /** The kind of a message. */
  FieldKind message() throws IllegalAccessException {
    MethodHandle construct = dropArguments(takes(constructor()), 0, FieldReader.class);
    return new FieldKind(writer(), reader(foldArguments(construct, READ_END)), null, cost());
  }

  private Cost cost() {
    return cost.inMap(components.length);
  }

  /** {@code (FieldWriter, T)void} */
  private MethodHandle writer() throws IllegalAccessException {
    MethodHandle all = field(components.length - 1);
    for (int i = components.length - 2; i >= 0; i--) {
      all = foldArguments(all, field(i));
    }
    return all;
  }

  private MethodHandle field(int index) throws IllegalAccessException {
    MethodHandle write = kinds.get(index).writer();
    MethodHandle keyed =
        foldArguments(write, MethodHandles.insertArguments(WRITE_KEY, 1, keys.get(index)));
    MethodHandle get = HERE.unreflect(open(components[index].getAccessor()));
    return filterArguments(
        keyed, 1, get.asType(MethodType.methodType(write.type().parameterType(1), type)));
  }

  /** {@code (T1, T2, ...)T} */
  private MethodHandle constructor() throws IllegalAccessException {
    MethodHandle construct = HERE.unreflectConstructor(open(type.getDeclaredConstructors()[0]));
    Class<?>[] parameters =
        kinds.stream().map(kind -> kind.writer().type().parameterType(1)).toArray(Class<?>[]::new);
    return construct.asType(MethodType.methodType(type, parameters));
  }

  /** Opens what is not public, as Jackson does. */
  private static <M extends AccessibleObject> M open(M member) throws IllegalAccessException {
    if (!member.trySetAccessible()) {
      throw new IllegalAccessException(member + " is not open to us");
    }
    return member;
  }

  /** Takes attachments before it constructs: {@code FieldReader, int} in place of each. */
  private MethodHandle takes(MethodHandle construct) {
    MethodHandle all = construct;
    for (int i = kinds.size() - 1; i >= 0; i--) { // the last one put in front runs first
      MethodHandle taker = kinds.get(i).taker();
      if (taker != null) {
        all = collectArguments(all, i, taker);
      }
    }
    return all;
  }

  /** {@code (FieldReader)T}, of a handle that wants the fields, and readers between them. */
  private MethodHandle reader(MethodHandle construct) {
    MethodHandle all = construct;
    int field = kinds.size();
    for (int i = all.type().parameterCount() - 1; i >= 0; i--) {
      if (all.type().parameterType(i) != FieldReader.class) {
        field--;
        MethodHandle key = MethodHandles.insertArguments(READ_KEY, 1, keys.get(field));
        all = collectArguments(all, i, foldArguments(kinds.get(field).reader(), key));
      }
    }
    int[] onlyOne = new int[all.type().parameterCount()];
    return permuteArguments(all, MethodType.methodType(type, FieldReader.class), onlyOne);
  }
}
