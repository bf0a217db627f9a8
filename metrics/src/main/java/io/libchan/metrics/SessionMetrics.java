package io.libchan.metrics;

import io.libchan.Session;
import io.libchan.SessionSnapshot;
import io.libchan.SessionSnapshot.Role;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.ToDoubleFunction;

/**
 * Gauges of one session. Each is asked from a {@link Session#snapshot()} of its own, so a registry
 * that asks often pays in proportion to the number of streams.
 *
 * <table>
 *   <caption>Meters, each with the tags given and {@code peer}, the peer's node name</caption>
 *   <tr><td>{@code libchan.session.streams}<td>streams open, by {@code role}: sender, receiver, bytes
 *   <tr><td>{@code libchan.session.relayed}<td>streams that are joined to another one here
 *   <tr><td>{@code libchan.session.pending.messages}<td>messages under way or unread, by {@code role}
 *   <tr><td>{@code libchan.session.unread}<td>bytes received and not read
 *   <tr><td>{@code libchan.session.queued}<td>bytes that wait for the connection
 * </table>
 *
 * <p>The meters are removed from their registries when the session ends.
 *
 * <p>Thread-safe.
 */
public final class SessionMetrics implements MeterBinder {
  private final Session session;
  private final Tags tags;
  private final List<Runnable> removals = new CopyOnWriteArrayList<>();

  /**
   * The gauges of a session.
   *
   * @param session the session; kept alive by registries until it ends
   * @param tags tags for every meter
   */
  public SessionMetrics(Session session, Iterable<Tag> tags) {
    this.session = session;
    this.tags = Tags.of(tags).and("peer", session.peer().node());
    session.closed().thenRun(() -> removals.forEach(Runnable::run));
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (Role role : Role.values()) {
      Tags own = tags.and("role", role.name().toLowerCase(Locale.ROOT));
      add(registry, "libchan.session.streams", "streams", own, now -> of(now, role).size());
      if (role != Role.BYTES) {
        add(
            registry,
            "libchan.session.pending.messages",
            "messages",
            own,
            now -> of(now, role).stream().mapToLong(SessionSnapshot.Stream::pending).sum());
      }
    }
    add(
        registry,
        "libchan.session.relayed",
        "streams",
        tags,
        now -> now.streams().stream().filter(SessionSnapshot.Stream::relayed).count());
    add(registry, "libchan.session.unread", "bytes", tags, SessionSnapshot::unreadBytes);
    add(
        registry,
        "libchan.session.queued",
        "bytes",
        tags,
        now -> now.streams().stream().mapToLong(SessionSnapshot.Stream::queuedBytes).sum());
  }

  private void add(
      MeterRegistry registry,
      String name,
      String unit,
      Tags own,
      ToDoubleFunction<SessionSnapshot> figure) {
    Meter meter =
        Gauge.builder(name, session, each -> figure.applyAsDouble(each.snapshot()))
            .tags(own)
            .baseUnit(unit)
            .strongReference(true)
            .register(registry);
    removals.add(() -> registry.remove(meter));
  }

  private static List<SessionSnapshot.Stream> of(SessionSnapshot snapshot, Role role) {
    return snapshot.streams().stream().filter(stream -> stream.role() == role).toList();
  }
}
