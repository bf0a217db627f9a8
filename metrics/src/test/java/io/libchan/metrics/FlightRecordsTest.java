package io.libchan.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.ChannelPair;
import io.libchan.testkit.Note;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.SessionBed;
import io.libchan.testkit.Subject;
import io.libchan.testkit.Waits;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What a session holds is what events say. The recorder keeps files open, so leaks are not looked
 * for.
 */
@ExtendWith(QuietLog.class)
final class FlightRecordsTest {
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
  void aRecordingHasTheSession() throws Exception {
    LinkedBlockingQueue<RecordedEvent> events = new LinkedBlockingQueue<>();
    ChannelPair<Note> channel = bed.open(Note.class, 8);
    channel.sender().send(Note.of(1));
    try (RecordingStream recording = new RecordingStream()) {
      recording.enable("io.libchan.Session").withPeriod(Duration.ofMillis(50));
      recording.onEvent("io.libchan.Session", events::add);
      FlightRecords.watch(bed.far());
      recording.startAsync();
      Waits.until(
          "an event with the stream",
          () -> events.stream().anyMatch(event -> event.getInt("streams") == 1));
      RecordedEvent event = events.element();
      assertThat(event.getString("peer")).isEqualTo("connector");
      assertThat(event.getString("transport")).isEqualTo("inmem");
    }
  }
}
