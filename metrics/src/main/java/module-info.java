import org.jspecify.annotations.NullMarked;

/** The figures of sessions for Micrometer and for Flight Recorder. */
@NullMarked
module io.libchan.metrics {
  requires transitive io.libchan;
  requires jdk.jfr;
  requires transitive micrometer.core;
  requires static org.jspecify;

  exports io.libchan.metrics;
}
