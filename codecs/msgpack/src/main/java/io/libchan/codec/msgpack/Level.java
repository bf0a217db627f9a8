package io.libchan.codec.msgpack;

import com.fasterxml.jackson.core.JsonStreamContext;
import org.jspecify.annotations.Nullable;

/** One container that a parser is in; the root holds one value. Not thread-safe. */
final class Level extends JsonStreamContext {
  static final int ROOT = TYPE_ROOT;
  static final int ARRAY = TYPE_ARRAY;
  static final int OBJECT = TYPE_OBJECT;

  private final @Nullable Level parent;
  private @Nullable Level child;
  private @Nullable String name;
  private @Nullable Object value;

  /** Keys and values still to come. */
  int left;

  Level(@Nullable Level parent, int type, int left) {
    super(type, -1);
    this.parent = parent;
    this.left = left;
    _nestingDepth = parent == null ? 0 : parent._nestingDepth + 1;
  }

  Level child(int type, int left) {
    Level next = child;
    if (next == null) {
      next = new Level(this, type, left);
      child = next;
    } else {
      next._type = type;
      next._index = -1;
      next.left = left;
      next.name = null;
      next.value = null;
    }
    return next;
  }

  /** Counts a key or value; tells whether it is a key. */
  boolean next() {
    boolean key = _type == TYPE_OBJECT && (left & 1) == 0;
    left--;
    if (!key) {
      _index++;
    }
    return key;
  }

  void name(@Nullable String newName) {
    name = newName;
  }

  @Override
  public @Nullable Level getParent() {
    return parent;
  }

  @Override
  public @Nullable String getCurrentName() {
    return name;
  }

  @Override
  public @Nullable Object getCurrentValue() {
    return value;
  }

  @Override
  public void setCurrentValue(@Nullable Object newValue) {
    value = newValue;
  }
}
