package io.libchan.transport.unix;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.net.SocketException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/**
 * Where a Unix socket is: a path, or a name of the abstract namespace, which has no file and no
 * permissions. Rule UNX-1.
 *
 * <p>Thread-safe: immutable.
 *
 * @param name the path, or the name without the {@code @} before it
 * @param isAbstract whether it is a name
 */
record UnixAddress(String name, boolean isAbstract) {
  /** What the address structure of Linux holds, less the zero at the end of a path. */
  static final int MAX_BYTES = 107;

  static UnixAddress of(URI uri) {
    String part = uri.getPath() == null ? uri.getSchemeSpecificPart() : uri.getPath();
    boolean named = part.startsWith("@");
    String name = named ? part.substring(1) : part;
    if (uri.getRawFragment() != null
        || uri.getRawQuery() != null
        || uri.getRawAuthority() != null
        || name.isEmpty()
        || name.indexOf('\0') >= 0
        || (!named && !name.startsWith("/"))) {
      throw new IllegalArgumentException("write unix:/path or unix:@name, not " + uri);
    }
    int bytes = name.getBytes(UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "a Unix socket's name has at most " + MAX_BYTES + " bytes, not " + bytes + ": " + uri);
    }
    return new UnixAddress(name, named);
  }

  Path path() {
    return Path.of(name);
  }

  AFUNIXSocketAddress socketAddress() throws SocketException {
    // The library's own form of an abstract name is in the platform's charset.
    return isAbstract
        ? AFUNIXSocketAddress.of(("\0" + name).getBytes(UTF_8))
        : AFUNIXSocketAddress.of(new File(name));
  }

  URI uri() {
    try {
      return new URI("unix", isAbstract ? "@" + name : name, null);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public String toString() {
    return "unix:" + (isAbstract ? "@" : "") + name;
  }
}
