package io.libchan.transport.tcp;

import io.libchan.Options;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.Duo;
import io.libchan.testkit.Probe;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test that leaves threads, descriptors or buffers behind. */
final class Leftovers implements BeforeEachCallback, AfterEachCallback {
  private static final Queue<String> LEAKS = new ConcurrentLinkedQueue<>();
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  static {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(
        new ResourceLeakDetectorFactory() {
          @Override
          @SuppressWarnings("deprecation")
          public <T> ResourceLeakDetector<T> newResourceLeakDetector(
              Class<T> resource, int samplingInterval, long maxActive) {
            return new Recorder<>(resource, samplingInterval);
          }
        });
  }

  private static boolean warm;

  private long descriptors;

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    LEAKS.clear();
    warmUp();
    descriptors = descriptors();
  }

  /** What the JVM opens once and keeps must not count. */
  private static void warmUp() throws Exception {
    if (warm) {
      return;
    }
    warm = true;
    java.net.InetAddress.getAllByName("localhost");
    java.nio.channels.Selector.open().close();
    Options options = Options.builder().with(Certificates.mutual()).build();
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", options)) {
      Probe one = new Probe(duo.connect(options)).start();
      Probe two = new Probe(duo.accept()).start();
      one.connection.close();
      one.awaitClosed();
      two.awaitClosed();
    }
    Probe.eventually("no libchan-io thread", () -> threads().isEmpty());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Probe.eventually("no libchan-io thread", () -> threads().isEmpty());
    try {
      Probe.eventually("no open descriptor", () -> descriptors() <= descriptors);
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + ": " + open(), e);
    }
    System.gc();
    io.netty.buffer.ByteBufAllocator.DEFAULT.directBuffer(1).release(); // the detector looks
    if (!LEAKS.isEmpty()) {
      throw new AssertionError("leaks: " + LEAKS);
    }
  }

  static java.util.List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("libchan-io"))
        .toList();
  }

  static long descriptors() {
    if (!Files.isDirectory(DESCRIPTORS)) {
      return 0;
    }
    try (Stream<Path> open = Files.list(DESCRIPTORS)) {
      return open.count();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static java.util.List<String> open() {
    try (Stream<Path> open = Files.list(DESCRIPTORS)) {
      return open.map(
              path -> {
                try {
                  return Files.readSymbolicLink(path).toString();
                } catch (IOException e) {
                  return "closed";
                }
              })
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static final class Recorder<T> extends ResourceLeakDetector<T> {
    @SuppressWarnings("deprecation")
    Recorder(Class<T> resource, int samplingInterval) {
      super(resource, samplingInterval);
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      LEAKS.add(resourceType + records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      LEAKS.add(resourceType);
    }
  }
}
