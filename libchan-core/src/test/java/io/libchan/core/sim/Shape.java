package io.libchan.core.sim;

/**
 * How a connection treats what it carries.
 *
 * @param minDelay the shortest way to the peer, in nanoseconds
 * @param maxDelay the longest
 * @param maxTarget the most bytes asked for at once; at least 128
 * @param maxPiece the most bytes delivered at once
 * @param maxInFlight bytes under way, after which nothing more is asked for
 * @param nanosPerByte how slowly the far side reads
 * @param window where the connection has streams of its own: the window of each
 */
record Shape(
    long minDelay,
    long maxDelay,
    int maxTarget,
    int maxPiece,
    int maxInFlight,
    int nanosPerByte,
    int window) {

  static Shape random(World world) {
    long minDelay = world.between(0, world.chance(70) ? World.MILLISECOND : 20 * World.MILLISECOND);
    long spread = world.between(0, world.chance(70) ? World.MILLISECOND : 50 * World.MILLISECOND);
    int maxTarget = world.chance(25) ? 128 + world.below(2000) : 64 * 1024;
    int maxPiece = world.chance(10) ? 1 + world.below(3) : world.chance(20) ? 512 : 64 * 1024;
    int maxInFlight = world.chance(25) ? 1 + world.below(8 * 1024) : 256 * 1024;
    int nanosPerByte = world.chance(15) ? 200 + world.below(3000) : 0;
    int window = world.chance(40) ? 512 + world.below(8 * 1024) : 256 * 1024;
    return new Shape(
        minDelay, minDelay + spread, maxTarget, maxPiece, maxInFlight, nanosPerByte, window);
  }

  /** The same without what makes it slow. */
  Shape fast() {
    return new Shape(
        0,
        World.MILLISECOND,
        Math.max(maxTarget, 16 * 1024),
        Math.max(maxPiece, 16 * 1024),
        Math.max(maxInFlight, 64 * 1024),
        0,
        window);
  }
}
