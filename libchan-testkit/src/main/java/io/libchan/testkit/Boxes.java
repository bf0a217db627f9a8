package io.libchan.testkit;

import io.libchan.ByteStream;
import io.libchan.Receiver;
import io.libchan.Sender;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;

/**
 * The messages that the contracts send. Public, so that every codec may look inside.
 *
 * <p>Thread-safe.
 */
public final class Boxes {
  private Boxes() {}

  /** A sending end in a message. */
  public record SenderBox(long number, Sender<Note> sender) {}

  /** A receiving end in a message. */
  public record ReceiverBox(long number, Receiver<Note> receiver) {}

  /** Two sending ends in a message. */
  public record TwoSenders(Sender<Note> first, Sender<Note> second) {}

  /** Any number of sending ends. */
  public record ManySenders(List<Sender<Note>> senders) {}

  /** A byte stream in a message. */
  public record StreamBox(ByteStream stream) {}

  /** Streams of the JDK in a message. */
  public record PipeBox(InputStream in, OutputStream out) {}

  /** A request and where its answer goes. */
  public record Request(long number, String text, Sender<Note> answers) {}

  /** A sender of senders of senders: three deep. */
  public record Deep(Sender<SenderBox> sender) {}

  /** A receiver of receivers. */
  public record DeepReceiver(Receiver<ReceiverBox> receiver) {}

  /** A chain that goes on: each link may carry the next channel. */
  public record Link(long depth, Sender<Link> next) {}

  /** Bytes. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  public record Payload(long number, byte[] bytes) {}

  /** Text. */
  public record Text(String text) {}

  /** Anything. */
  public record Loose(Object value) {}

  /** A list of numbers: what {@link Loose} may turn out to be. */
  public record Strict(List<Integer> value) {}

  /** A message that has an attachment where the receiver expects none. */
  public record NoteAndSender(long number, String text, Sender<Note> sender) {}
}
