package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.SessionHandler;
import io.libchan.spi.Transport.Role;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Finds transports, codecs and the engine among the artifacts of the application.
 *
 * <p>Thread-safe.
 */
public final class Services {
  /** The artifact of each scheme; one that ends in a dash is two, one for each role. */
  private static final Map<String, String> ARTIFACTS =
      Map.ofEntries(
          Map.entry("inmem", "libchan-transport-inmem"),
          Map.entry("unix", "libchan-transport-unix"),
          Map.entry("tcp", "libchan-transport-tcp-tls"),
          Map.entry("tls", "libchan-transport-tcp-tls"),
          Map.entry("http", "libchan-transport-http2"),
          Map.entry("https", "libchan-transport-http2"),
          Map.entry("ws", "libchan-transport-websocket-"),
          Map.entry("wss", "libchan-transport-websocket-"),
          Map.entry("spdy", "libchan-transport-spdy"),
          Map.entry("spdys", "libchan-transport-spdy"));

  private static final ReentrantLock LOCK = new ReentrantLock();

  /** By class loader; weak both ways, as the codecs of an application hold its loader. */
  private static final Map<@Nullable ClassLoader, WeakReference<List<Codec>>> CODECS =
      new WeakHashMap<>();

  private Services() {}

  /** Connects; see {@link io.libchan.Libchan#connect(String, Options)}. */
  public static Session connect(URI uri, Options options)
      throws ChannelException, InterruptedException {
    return engine().connect(transport(uri, Role.CONNECT, options), uri, options);
  }

  /** Listens; see {@link io.libchan.Libchan#listen}. */
  public static Listener listen(URI uri, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException {
    return engine().listen(transport(uri, Role.LISTEN, options), uri, options, handler);
  }

  /** The transport of a URI's scheme that has this role, with default options. */
  public static Transport transport(URI uri, Role role) {
    return transport(uri, role, Options.DEFAULTS);
  }

  /**
   * The transport of a URI's scheme that has this role. If there are several it is the one that the
   * options ask for ({@link Transport#isChosenBy}), else one that has both roles, else the first
   * found.
   *
   * @throws IllegalArgumentException if there is none; the message names the artifact to add
   */
  public static Transport transport(URI uri, Role role, Options options) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    Set<String> known = new TreeSet<>();
    Transport found = null;
    for (Transport transport : ServiceLoader.load(Transport.class, loader())) {
      if (transport.roles().contains(role)) {
        known.addAll(transport.schemes());
        if (transport.schemes().contains(scheme)) {
          if (transport.isChosenBy(options)) {
            return transport;
          }
          if (found == null || transport.roles().size() > found.roles().size()) {
            found = transport;
          }
        }
      }
    }
    if (found != null) {
      return found;
    }
    throw new IllegalArgumentException(
        "no transport that "
            + (role == Role.CONNECT ? "connects to" : "listens at")
            + " \""
            + uri
            + "\": "
            + advice(scheme, role)
            + "; here are "
            + known);
  }

  private static String advice(String scheme, Role role) {
    String artifact = ARTIFACTS.get(scheme);
    if (artifact == null) {
      return "the scheme is not one of libchan's";
    }
    String half = role == Role.CONNECT ? "client" : "server";
    return "add the artifact io.libchan:" + artifact + (artifact.endsWith("-") ? half : "");
  }

  /**
   * The engine.
   *
   * @throws IllegalStateException if libchan-core is missing
   */
  public static Engine engine() {
    return ServiceLoader.load(Engine.class, loader())
        .findFirst()
        .orElseThrow(
            () -> new IllegalStateException("no engine: add the artifact io.libchan:libchan-core"));
  }

  /**
   * Every codec there is. The same objects for as long as somebody holds the list, as a mapper is
   * too much for each session to have its own.
   */
  public static List<Codec> codecs() {
    ClassLoader loader = loader();
    LOCK.lock();
    try {
      WeakReference<List<Codec>> known = CODECS.get(loader);
      List<Codec> codecs = known == null ? null : known.get();
      if (codecs == null) {
        List<Codec> found = new ArrayList<>();
        ServiceLoader.load(Codec.class, loader).forEach(found::add);
        codecs = Collections.unmodifiableList(found);
        CODECS.put(loader, new WeakReference<>(codecs));
      }
      return codecs;
    } finally {
      LOCK.unlock();
    }
  }

  /**
   * The Go reference's message encoding.
   *
   * @throws IllegalStateException if libchan-codec-msgpack is missing
   */
  public static ReferenceCodec referenceCodec() {
    return ServiceLoader.load(ReferenceCodec.class, loader())
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no codec for the Go reference: add the artifact"
                        + " io.libchan:libchan-codec-msgpack"));
  }

  /** What makes attachments of the JDK's sockets; null where no transport of descriptors is. */
  public static @Nullable SocketStreams socketStreams() {
    return ServiceLoader.load(SocketStreams.class, loader()).findFirst().orElse(null);
  }

  private static @Nullable ClassLoader loader() {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    return context != null ? context : Services.class.getClassLoader();
  }
}
