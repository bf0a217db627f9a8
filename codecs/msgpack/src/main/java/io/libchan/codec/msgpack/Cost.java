package io.libchan.codec.msgpack;

import io.libchan.Limits;

/**
 * What a message of one type has at most, apart from what it has more of with longer texts, byte
 * arrays and lists.
 *
 * @param bytes that its values of one size take, and one element of each list
 * @param levels of maps and arrays
 * @param elements of the maps
 * @param nameBytes of the longest name, with what comes before it
 */
record Cost(int bytes, int levels, int elements, int nameBytes) {
  static Cost ofBytes(int bytes) {
    return new Cost(bytes, 0, 0, 0);
  }

  /** Both, side by side. */
  Cost and(Cost other) {
    return new Cost(
        bytes + other.bytes,
        Math.max(levels, other.levels),
        elements + other.elements,
        Math.max(nameBytes, other.nameBytes));
  }

  /** This inside of a list, without the elements that there are. */
  Cost inList() {
    return new Cost(bytes, levels + 1, 0, nameBytes);
  }

  /** These fields, so many, as one map. */
  Cost inMap(int fields) {
    return new Cost(bytes, levels + 1, elements + fields, nameBytes);
  }

  boolean fits(Limits limits) {
    return levels <= limits.maxDepth()
        && elements <= limits.maxElements()
        && nameBytes <= limits.maxStringBytes();
  }
}
