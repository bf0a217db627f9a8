import org.jspecify.annotations.NullMarked;

/** Opens, serves and inspects channels from a shell. */
@NullMarked
module io.libchan.cli {
  requires info.picocli;
  requires io.libchan;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  opens io.libchan.cli to
      info.picocli;
}
