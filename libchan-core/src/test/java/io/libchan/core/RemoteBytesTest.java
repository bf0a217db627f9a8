package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.core.Lab.Parcel;
import io.libchan.spi.BytePort;
import io.libchan.spi.Ends;
import io.libchan.spi.Moving;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Byte streams between two sessions that are moved by hand. */
final class RemoteBytesTest {
  private final Lab lab = new Lab().greeted();
  private final ByteStream.Pair pair = ByteStream.pair();

  /** What the peer got for the right end. */
  private ByteStream sent() throws ChannelException {
    Sender<Parcel> sender = lab.connecting.tryOpen("", Parcel.class, 4);
    assertThat(sender).isNotNull();
    sender.trySend(Parcel.of("a", pair.right()));
    lab.run();
    Parcel parcel = lab.listening.<Parcel>tryAccept("", Parcel.class).poll();
    return (ByteStream) parcel.ends().get(0);
  }

  @Test
  void closingAStreamOfAClosedSessionIsNoEndOfInputForThePeer() throws Exception {
    InputStream input = sent().input();
    pair.left().output().write(new byte[3]);
    lab.run();
    lab.connecting.startClosing();
    pair.left().output().close();
    lab.run();
    assertThat(input.read(new byte[10])).isEqualTo(3);
    assertThatThrownBy(input::read).isInstanceOf(ChannelException.class);
  }

  @Test
  void inputDroppedWithTheSessionIsNoEndOfInput() throws Exception {
    InputStream input = sent().input();
    pair.left().output().write(new byte[3]);
    pair.left().output().close();
    lab.run();
    lab.listening.startClosing();
    assertThatThrownBy(input::read).isInstanceOf(ChannelException.class);
  }

  @Test
  void inputDroppedWithAResetIsNoEndOfInput() throws Exception {
    InputStream input = sent().input();
    pair.left().output().write(new byte[3]);
    pair.left().output().close();
    lab.run();
    pair.left().reset(Reason.of(ReasonCode.FAILED, "no"));
    lab.run();
    assertThatThrownBy(input::read).isInstanceOf(ChannelException.class);
  }

  @Test
  void closingInputWakesWhoeverReads() throws Exception {
    ByteStream far = sent();
    BytePort port = ((Moving.BytesEnd) Ends.move(far)).port();
    AtomicInteger signals = new AtomicInteger();
    port.awaitReadable(signals::incrementAndGet);
    assertThat(signals).hasValue(0);
    port.closeInput(Reason.of(ReasonCode.CANCELLED, ""));
    assertThat(signals).hasValue(1);
    port.awaitReadable(signals::incrementAndGet);
    assertThat(signals).hasValue(2);
  }
}
