package io.libchan.testkit;

import io.libchan.Channel;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.TypeRef;
import io.libchan.testkit.SessionBed.Route;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;

/**
 * The whole contract. The test of a transport with a codec is a subclass that says how to make an
 * address and which codec:
 *
 * <pre>{@code
 * final class InmemJsonTest extends ChannelContract {
 *   public String freshUri() {
 *     return "inmem:" + UUID.randomUUID();
 *   }
 *
 *   public String codec() {
 *     return "json";
 *   }
 * }
 * }</pre>
 *
 * <p>Each part runs with the connecting side acting and with the listening side acting; messages
 * also one byte at a time and under tiny limits.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public abstract class ChannelContract implements Subject {
  /** For subclasses. */
  protected ChannelContract() {}

  /** {@link MessageContract} over sessions. */
  public abstract static class Messages extends MessageContract {
    private final Subject subject;
    private final boolean nearListens;
    private final Route route;
    private SessionBed bed;

    Messages(Subject subject, boolean nearListens, Route route) {
      this.subject = subject;
      this.nearListens = nearListens;
      this.route = route;
      this.bed = new SessionBed(subject, nearListens);
    }

    /** Options of both sides beyond the usual. */
    protected UnaryOperator<Options.Builder> further() {
      return UnaryOperator.identity();
    }

    @BeforeEach
    void makeBed() {
      bed = new SessionBed(subject, nearListens).with(further(), further());
    }

    @AfterEach
    void closeBed() throws Exception {
      bed.close();
    }

    @Override
    protected final ChannelPair<Note> channel(int capacity) throws Exception {
      return bed.channel(capacity, route);
    }

    @Override
    protected int rounds() {
      return 200;
    }
  }

  /** {@link SelectContract} over sessions. */
  public abstract static class Selects extends SelectContract {
    private final Subject subject;
    private final boolean nearListens;
    private final Route route;
    private SessionBed bed;

    Selects(Subject subject, boolean nearListens, Route route) {
      this.subject = subject;
      this.nearListens = nearListens;
      this.route = route;
      this.bed = new SessionBed(subject, nearListens);
    }

    @BeforeEach
    void makeBed() {
      bed = new SessionBed(subject, nearListens);
    }

    @AfterEach
    void closeBed() throws Exception {
      bed.close();
    }

    @Override
    protected final ChannelPair<Note> channel(int capacity) throws Exception {
      return bed.channel(capacity, route);
    }

    @Override
    protected int rounds() {
      return 200;
    }
  }

  @Nested
  final class ChannelsThatTheConnectorOpens extends Messages {
    ChannelsThatTheConnectorOpens() {
      super(ChannelContract.this, false, Route.OPENED);
    }
  }

  @Nested
  final class ChannelsThatTheListenerOpens extends Messages {
    ChannelsThatTheListenerOpens() {
      super(ChannelContract.this, true, Route.OPENED);
    }
  }

  @Nested
  final class SendersThatTheConnectorGot extends Messages {
    SendersThatTheConnectorGot() {
      super(ChannelContract.this, false, Route.SENT_SENDER);
    }
  }

  @Nested
  final class ReceiversThatTheConnectorGot extends Messages {
    ReceiversThatTheConnectorGot() {
      super(ChannelContract.this, true, Route.SENT_RECEIVER);
    }
  }

  @Nested
  final class ChannelsUnderTinyLimits extends Messages {
    ChannelsUnderTinyLimits() {
      super(ChannelContract.this, true, Route.SENT_SENDER);
    }

    @Override
    protected UnaryOperator<Options.Builder> further() {
      return options ->
          options.limits(
              Limits.DEFAULTS.withMaxMessageBytes(200).withMaxQueuedBytes(1).withMaxBacklog(2));
    }
  }

  @Nested
  final class ChannelsOneByteAtATime extends Messages {
    ChannelsOneByteAtATime() {
      super(FaultTransport.over(ChannelContract.this, FaultPlan::trickle), false, Route.OPENED);
    }

    @BeforeEach
    void needsBytes() {
      Assumptions.assumeTrue(capabilities().contains(Capability.BYTE_CONNECTION));
    }
  }

  @Nested
  final class SelectsOfOpenedChannels extends Selects {
    SelectsOfOpenedChannels() {
      super(ChannelContract.this, false, Route.OPENED);
    }
  }

  @Nested
  final class SelectsOfSendersThatWereSent extends Selects {
    SelectsOfSendersThatWereSent() {
      super(ChannelContract.this, true, Route.SENT_SENDER);
    }
  }

  @Nested
  final class SelectsOfReceiversThatWereSent extends Selects {
    SelectsOfReceiversThatWereSent() {
      super(ChannelContract.this, false, Route.SENT_RECEIVER);
    }
  }

  @Nested
  final class SelectsOneByteAtATime extends Selects {
    SelectsOneByteAtATime() {
      super(FaultTransport.over(ChannelContract.this, FaultPlan::trickle), true, Route.OPENED);
    }

    @BeforeEach
    void needsBytes() {
      Assumptions.assumeTrue(capabilities().contains(Capability.BYTE_CONNECTION));
    }
  }

  @Nested
  final class Failures extends FailureContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }
  }

  @Nested
  final class FailuresSwapped extends FailureContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }

    @Override
    protected boolean nearListens() {
      return true;
    }
  }

  @Nested
  final class Attachments extends AttachmentContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }
  }

  @Nested
  final class AttachmentsSwapped extends AttachmentContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }

    @Override
    protected boolean nearListens() {
      return true;
    }
  }

  @Nested
  final class FilesInMessages extends FileContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }
  }

  @Nested
  final class FilesInMessagesSwapped extends FileContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }

    @Override
    protected boolean nearListens() {
      return true;
    }
  }

  @Nested
  final class Lifecycle extends LifecycleContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }
  }

  @Nested
  final class LimitsOfThePeer extends LimitContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }
  }

  @Nested
  final class LimitsOfThePeerSwapped extends LimitContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }

    @Override
    protected boolean nearListens() {
      return true;
    }
  }

  @Nested
  final class Load extends LoadContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }
  }

  @Nested
  final class Forwarding extends ForwardContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }
  }

  @Nested
  final class ForwardingSwapped extends ForwardContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }

    @Override
    protected boolean swapped() {
      return true;
    }
  }

  @Nested
  final class LostEnds extends LostEndContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }
  }

  /** {@link MessageContract} over channels whose ends went a long way. */
  public abstract static class FarMessages extends MessageContract {
    private final Subject subject;
    private @Nullable Chain chain; // one for all channels of a test

    FarMessages(Subject subject) {
      this.subject = subject;
    }

    @AfterEach
    void closeChain() throws Exception {
      if (chain != null) {
        chain.close();
      }
    }

    /** The nodes. */
    protected final Chain chain(int hops, boolean swapped) throws Exception {
      Chain made = chain;
      if (made == null) {
        made = new Chain(subject, hops, swapped, UnaryOperator.identity());
        chain = made;
      }
      return made;
    }

    @Override
    protected int rounds() {
      return 100;
    }
  }

  @Nested
  final class ChannelsThroughARelay extends FarMessages {
    ChannelsThroughARelay() {
      super(ChannelContract.this);
    }

    @Override
    protected ChannelPair<Note> channel(int capacity) throws Exception {
      Channel<Note> local = Channel.of(Note.class, capacity);
      return new ChannelPair<>(local.sender(), chain(2, false).carry(0, 2, local.receiver()));
    }
  }

  @Nested
  final class SendersThroughARelay extends FarMessages {
    SendersThroughARelay() {
      super(ChannelContract.this);
    }

    @Override
    protected ChannelPair<Note> channel(int capacity) throws Exception {
      Channel<Note> local = Channel.of(Note.class, capacity);
      return new ChannelPair<>(chain(2, true).carry(0, 2, local.sender()), local.receiver());
    }
  }

  @Nested
  final class ReceiversThatCameBack extends FarMessages {
    ReceiversThatCameBack() {
      super(ChannelContract.this);
    }

    @Override
    protected ChannelPair<Note> channel(int capacity) throws Exception {
      Channel<Note> local = Channel.of(Note.class, capacity);
      Chain nodes = chain(1, false);
      return new ChannelPair<>(
          local.sender(), nodes.carry(1, 0, nodes.carry(0, 1, local.receiver())));
    }
  }

  @Nested
  final class SendersThatCameBack extends FarMessages {
    SendersThatCameBack() {
      super(ChannelContract.this);
    }

    @Override
    protected ChannelPair<Note> channel(int capacity) throws Exception {
      Channel<Note> local = Channel.of(Note.class, capacity);
      Chain nodes = chain(1, true);
      return new ChannelPair<>(
          nodes.carry(1, 0, nodes.carry(0, 1, local.sender())), local.receiver());
    }
  }

  /** {@link CallContract} over sessions. */
  public abstract static class RemoteCalls extends CallContract {
    private final Subject subject;
    private final boolean nearListens;
    private SessionBed bed;

    RemoteCalls(Subject subject, boolean nearListens) {
      this.subject = subject;
      this.nearListens = nearListens;
      this.bed = new SessionBed(subject, nearListens);
    }

    @BeforeEach
    void makeBed() {
      bed = new SessionBed(subject, nearListens);
    }

    @AfterEach
    void closeBed() throws Exception {
      bed.close();
    }

    @Override
    protected final boolean carriesOpenTypes() {
      return subject.carriesOpenTypes();
    }

    @Override
    protected final <T> ChannelPair<T> channel(TypeRef<T> type, int capacity) throws Exception {
      return bed.open(type, capacity);
    }
  }

  @Nested
  final class CallsOfTheConnector extends RemoteCalls {
    CallsOfTheConnector() {
      super(ChannelContract.this, false);
    }
  }

  @Nested
  final class CallsOfTheListener extends RemoteCalls {
    CallsOfTheListener() {
      super(ChannelContract.this, true);
    }
  }

  @Nested
  final class CallSessions extends CallSessionContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }
  }

  @Nested
  final class CallSessionsSwapped extends CallSessionContract {
    @Override
    protected Subject subject() {
      return ChannelContract.this;
    }

    @Override
    protected boolean nearListens() {
      return true;
    }
  }

  /** {@link PatternContract} over sessions. */
  public abstract static class RemotePatterns extends PatternContract {
    private final Subject subject;
    private final boolean nearListens;
    private SessionBed bed;

    RemotePatterns(Subject subject, boolean nearListens) {
      this.subject = subject;
      this.nearListens = nearListens;
      this.bed = new SessionBed(subject, nearListens);
    }

    @BeforeEach
    void makeBed() {
      bed = new SessionBed(subject, nearListens);
    }

    @AfterEach
    void closeBed() throws Exception {
      bed.close();
    }

    @Override
    protected final <T> ChannelPair<T> channel(TypeRef<T> type, int capacity) throws Exception {
      return bed.open(type, capacity);
    }
  }

  @Nested
  final class PatternsOfTheConnector extends RemotePatterns {
    PatternsOfTheConnector() {
      super(ChannelContract.this, false);
    }
  }

  @Nested
  final class PatternsOfTheListener extends RemotePatterns {
    PatternsOfTheListener() {
      super(ChannelContract.this, true);
    }
  }
}
