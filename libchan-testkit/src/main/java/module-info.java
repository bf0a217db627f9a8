import org.jspecify.annotations.NullMarked;

/** Contracts that every transport, codec and engine must pass, and the tools they need. */
@NullMarked
module io.libchan.testkit {
  requires transitive io.libchan;
  requires java.logging;
  requires transitive org.assertj.core;
  requires transitive io.netty.pkitesting;
  requires transitive org.junit.jupiter.api;
  requires transitive org.junit.jupiter.params;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.testkit;
}
