package io.libchan.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Session;
import io.libchan.testkit.ChannelPair;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.Note;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.SessionBed;
import io.libchan.testkit.Subject;
import io.libchan.testkit.Waits;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a session holds is what meters say. */
@ExtendWith({Leaks.class, QuietLog.class})
final class SessionMetricsTest {
  private static final Subject SUBJECT =
      new Subject() {
        @Override
        public String freshUri() {
          return "inmem:" + UUID.randomUUID();
        }

        @Override
        public String codec() {
          return "json";
        }
      };

  private final SessionBed bed = new SessionBed(SUBJECT, false);

  @AfterEach
  void close() throws Exception {
    bed.close();
  }

  @Test
  void gaugesFollowTheSessionAndGoWithIt() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Session far = bed.far();
    new SessionMetrics(far, Tags.of("service", "notes")).bindTo(registry);
    ChannelPair<Note> channel = bed.open(Note.class, 8);
    channel.sender().send(Note.of(1));
    channel.sender().send(Note.of(2));
    Waits.until(
        "two messages unread",
        () ->
            registry
                    .get("libchan.session.pending.messages")
                    .tags("service", "notes", "role", "receiver", "peer", "connector")
                    .gauge()
                    .value()
                == 2);
    assertThat(registry.get("libchan.session.streams").tag("role", "receiver").gauge().value())
        .isEqualTo(1);
    assertThat(registry.get("libchan.session.unread").gauge().value()).isPositive();
    bed.near().close();
    Waits.until("no meters", () -> registry.getMeters().isEmpty());
  }
}
