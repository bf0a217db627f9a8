import org.jspecify.annotations.NullMarked;

/** Sessions inside one process, for tests and for parts that may move apart later. */
@NullMarked
module io.libchan.transport.inmem {
  requires io.libchan;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.transport.inmem;

  provides io.libchan.spi.Transport with
      io.libchan.transport.inmem.InmemTransport;
}
