package io.libchan.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The checker can fail: a planted warning turns it red. */
final class QuietLogTest {
  private static final Logger LOGGER = Logger.getLogger("io.libchan.planted");

  private final QuietLog quiet = new QuietLog();

  @BeforeEach
  void keepTheReportClean() {
    LOGGER.getParent().setUseParentHandlers(false);
  }

  @AfterEach
  void restore() {
    LOGGER.getParent().setUseParentHandlers(true);
  }

  @Test
  void aWarningIsFound() {
    quiet.begin();
    LOGGER.log(Level.WARNING, "planted");
    assertThatThrownBy(() -> quiet.check(false))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("planted");
  }

  @Test
  void whatIsWorseThanAWarningIsFoundWithItsCause() {
    quiet.begin();
    LOGGER.log(Level.SEVERE, "planted", new IllegalStateException("broken"));
    assertThatThrownBy(() -> quiet.check(false)).hasMessageContaining("broken");
  }

  @Test
  void aWarningThatIsExpectedIsFine() {
    quiet.begin();
    LOGGER.log(Level.WARNING, "planted");
    assertThatCode(() -> quiet.check(true)).doesNotThrowAnyException();
  }

  @Test
  void whatIsLessThanAWarningIsFine() {
    quiet.begin();
    LOGGER.log(Level.INFO, "planted");
    assertThatCode(() -> quiet.check(false)).doesNotThrowAnyException();
  }

  @Test
  @ExtendWith(QuietLog.class)
  @QuietLog.Expected("planted")
  void aTestMayDeclareItsWarnings() {
    assertThatCode(() -> LOGGER.log(Level.WARNING, "planted")).doesNotThrowAnyException();
  }
}
