package io.libchan.spi;

/** Room, so that what lies before a subclass's fields in memory has a cache line of its own. */
@SuppressWarnings("unused")
class Padding {
  private int p0; // else a field of a subclass fills the gap
  private long p1, p2, p3, p4, p5, p6, p7;
}
