package io.libchan.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Fails a test during which a logger {@code io.libchan*} logged a warning or worse, unless it
 * declares that with {@link Expected}.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public final class QuietLog implements BeforeEachCallback, AfterEachCallback {
  // Held here, as the log manager only holds loggers weakly.
  private static final Logger LOGGER = Logger.getLogger("io.libchan");

  private final Recorder recorder = new Recorder();

  /** An extension; registered by the contracts. */
  public QuietLog() {}

  /** Declares that a test, or every test of a class, makes the library warn. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target({ElementType.METHOD, ElementType.TYPE})
  public @interface Expected {
    /** Why that is right. */
    String value();
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    begin();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    check(isExpected(context));
  }

  /** Listens from now on. */
  public void begin() {
    recorder.warnings.clear();
    LOGGER.addHandler(recorder);
  }

  /**
   * Stops listening.
   *
   * @param expected whether warnings are right
   * @throws AssertionError if there were warnings that are not
   */
  public void check(boolean expected) {
    LOGGER.removeHandler(recorder);
    List<String> warnings = new ArrayList<>(recorder.warnings);
    if (!warnings.isEmpty() && !expected) {
      throw new AssertionError("the library warned: " + String.join("; ", warnings));
    }
  }

  private static boolean isExpected(ExtensionContext context) {
    for (Optional<ExtensionContext> at = Optional.of(context);
        at.isPresent();
        at = at.get().getParent()) {
      if (AnnotationSupport.isAnnotated(at.get().getElement(), Expected.class)) {
        return true;
      }
    }
    return false;
  }

  private static final class Recorder extends Handler {
    private final ConcurrentLinkedQueue<String> warnings = new ConcurrentLinkedQueue<>();

    @Override
    public void publish(LogRecord record) {
      if (record.getLevel().intValue() >= Level.WARNING.intValue()) {
        Throwable thrown = record.getThrown();
        warnings.add(
            record.getLevel()
                + " "
                + record.getLoggerName()
                + ": "
                + record.getMessage()
                + (thrown == null ? "" : " (" + thrown + ")"));
      }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
