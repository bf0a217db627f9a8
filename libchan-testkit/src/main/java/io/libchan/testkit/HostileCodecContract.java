package io.libchan.testkit;

import static io.libchan.testkit.ScriptedPeer.headerValue;
import static io.libchan.testkit.ScriptedPeer.message;
import static io.libchan.testkit.ScriptedPeer.text;
import static io.libchan.testkit.Waits.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.Options;
import io.libchan.ProtocolViolation;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Session;
import io.libchan.spi.Services;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a session does with messages that were written to hurt it, in one codec: a typed error, in
 * bounded time and memory, and the session and its other channels live on. A codec's test says what
 * such messages look like. The peer is a {@link ScriptedPeer}; no transport takes part.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
@ExtendWith({Leaks.class, QuietLog.class})
public abstract class HostileCodecContract {
  private static final byte[] NO_TABLE = {0, 0};
  private static final int CHUNK = 60_000;
  private static final long MOST_HEAP = 64L << 20;

  /** The limit on the elements of a message here. */
  protected static final int MAX_ELEMENTS = 1000;

  private final RealTime time = new RealTime();
  private @Nullable ScriptedPeer peer;
  private @Nullable CompletableFuture<Session> starting;

  /** For subclasses. */
  protected HostileCodecContract() {}

  /** What a message does. */
  public enum Attack {
    /** 10,000 levels. */
    DEEP,
    /** A string or byte array that says it has 2 GB. */
    LENGTH_OF_2_GB,
    /** A map or list that says it has 2^31 - 1 elements. */
    COUNT_OF_2_31,
    /** A key, or what is as good as one, twice. */
    DUPLICATE_KEY,
    /** Text that is not UTF-8: overlong, a surrogate, cut. */
    INVALID_UTF_8,
    /** The beginning of a message. */
    TRUNCATED,
    /** A reference to what the message does not have. */
    FORGED_REFERENCE,
    /** Something that is almost a reference. */
    IMITATED_REFERENCE,
    /** A small message that becomes a large one. */
    EXPANSION,
    /** A message that is to be completed from elsewhere. */
    EXTERNAL_ENTITY,
    /** One element more than there may be. */
    MANY_ELEMENTS;

    /** Whether this is what may come of it. */
    boolean allows(ChannelException failure) {
      return switch (this) {
        case DEEP, MANY_ELEMENTS -> failure instanceof LimitExceeded;
        case LENGTH_OF_2_GB, COUNT_OF_2_31 ->
            failure instanceof ProtocolViolation || failure instanceof LimitExceeded;
        case DUPLICATE_KEY, INVALID_UTF_8, TRUNCATED, EXTERNAL_ENTITY ->
            failure instanceof ProtocolViolation;
        case FORGED_REFERENCE -> failure instanceof MessageRejected;
        case IMITATED_REFERENCE ->
            failure instanceof MessageRejected || failure instanceof ProtocolViolation;
        case EXPANSION ->
            failure instanceof ProtocolViolation
                || failure instanceof LimitExceeded
                || failure instanceof MessageRejected;
      };
    }
  }

  /** The codec's name. */
  protected abstract String codec();

  /** The type of the messages. */
  protected abstract Class<?> type();

  /** A message of this type that is as it should be, without attachments. */
  protected abstract byte[] good();

  /** Messages that do this; none if the format has nothing of the kind. */
  protected abstract List<byte[]> messages(Attack attack);

  @AfterEach
  void endEverything() throws Exception {
    CompletableFuture<Session> started = starting;
    if (started != null && started.isDone() && !started.isCompletedExceptionally()) {
      started.get().abort(Reason.of(ReasonCode.SESSION_CLOSED, "the test is over"));
      Waits.value(started.get().closed());
    }
    if (peer != null) {
      peer.close();
    }
    time.close();
  }

  private ScriptedPeer meet(String codecs) throws Exception {
    PipePair pipe = new PipePair(time::execute);
    Options options =
        Options.builder()
            .codec(codec())
            .limits(Limits.DEFAULTS.withMaxElements(MAX_ELEMENTS))
            .referenceTimeout(Duration.ofMillis(300))
            .closeTimeout(Duration.ofMillis(500))
            .build();
    starting = Services.engine().start(pipe.left(), false, options, time).toCompletableFuture();
    ScriptedPeer met = new ScriptedPeer(pipe.right(), true);
    peer = met;
    return met.hello(codecs);
  }

  private Session session() throws Exception {
    if (starting == null) {
      throw new AssertionError("not started");
    }
    return starting.get(BOUND.toNanos(), TimeUnit.NANOSECONDS);
  }

  @ParameterizedTest
  @EnumSource(Attack.class)
  @Rule({"COD-3", "COD-4", "COD-5", "COD-6", "COD-7", "ATT-5", "COD-30"})
  @Rule({"SEC-5", "SEC-7", "LIM-3"})
  void aHostileMessageIsATypedErrorAndTheSessionLives(Attack attack) throws Exception {
    List<byte[]> messages = messages(attack);
    Assumptions.assumeFalse(messages.isEmpty(), "nothing of the kind in " + codec());
    ScriptedPeer scripted = meet(codec());
    int honest = scripted.openChannel("honest", codec(), 1024);
    Receiver<?> alive = session().accept("honest", type(), BOUND);
    expectAlive(scripted, honest, alive);
    long before = used();
    for (byte[] bytes : messages) {
      int stream = scripted.openChannel("hostile", codec(), 4);
      Receiver<?> receiver = session().accept("hostile", type(), BOUND);
      byte[] frame = message(NO_TABLE, bytes);
      for (int at = 0; at < frame.length; at += CHUNK) {
        scripted.data(stream, Arrays.copyOfRange(frame, at, Math.min(frame.length, at + CHUNK)));
      }
      ChannelException failure = ChannelPair.failure(receiver, ChannelException.class);
      assertThat(attack.allows(failure)).as("%s: %s", attack, failure).isTrue();
      if (failure instanceof MessageRejected) { // the next one is none the worse for it
        scripted.data(stream, message(NO_TABLE, good()));
        assertThat((Object) receiver.receive(BOUND)).isNotNull();
      }
      expectAlive(scripted, honest, alive);
    }
    if (used() - before > MOST_HEAP) { // only then is it worth to look for garbage
      System.gc();
      assertThat(used() - before).as("growth of the heap").isLessThan(MOST_HEAP);
    }
  }

  private void expectAlive(ScriptedPeer scripted, int stream, Receiver<?> receiver)
      throws Exception {
    scripted.data(stream, message(NO_TABLE, good()));
    assertThat((Object) receiver.receive(BOUND)).isNotNull();
    assertThat(session().closed().toCompletableFuture()).isNotDone();
  }

  private static long used() {
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  @Test
  void aPeerWithoutTheCodecIsToldWithWhatItHas() throws Exception {
    meet("klingon,vulcan");
    assertThatThrownBy(() -> session().open("any", type()))
        .isInstanceOf(ChannelException.class)
        .hasMessageContaining("the peer has no codec \"" + codec() + "\"")
        .hasMessageContaining("klingon, vulcan");
  }

  @Test
  @Rule("PRE-9")
  void aChannelInAnotherCodecIsRefusedAlone() throws Exception {
    ScriptedPeer scripted = meet(codec());
    int stream = scripted.open(1, scripted.newReference(), headerValue(2, text("klingon")));
    scripted.expectReset(stream, ReasonCode.UNSUPPORTED);
    int honest = scripted.openChannel("honest", codec(), 4);
    expectAlive(scripted, honest, session().accept("honest", type(), BOUND));
  }
}
