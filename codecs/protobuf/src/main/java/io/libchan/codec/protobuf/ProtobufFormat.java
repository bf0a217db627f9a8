package io.libchan.codec.protobuf;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.spi.Codec.Attachments;
import io.libchan.spi.Codec.Claims;
import io.libchan.spi.Codec.Format;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.Malformed;
import java.io.IOException;
import java.lang.reflect.Type;

/** Messages of one type. Thread-safe. */
final class ProtobufFormat implements Format {
  private final MessageConversion conversion;
  private final Type type;
  private final Limits limits;

  ProtobufFormat(MessageConversion conversion, Type type, Limits limits) {
    this.conversion = conversion;
    this.type = type;
    this.limits = limits;
  }

  @Override
  public void encode(Object value, Attachments attachments, EncodeBuffer out)
      throws ChannelException {
    try {
      Outgoing outgoing = new Outgoing(attachments);
      Message message = conversion.write(value, outgoing);
      int size = message.getSerializedSize();
      out.ensure(size);
      int from = out.length();
      CodedOutputStream bytes = CodedOutputStream.newInstance(out.array(), from, size);
      message.writeTo(bytes);
      bytes.checkNoSpaceLeft();
      out.advance(size);
      outgoing.check(WireScan.ofOurs(out.array(), from, from + size, conversion.descriptor()));
    } catch (ChannelException e) {
      throw e;
    } catch (IOException | StackOverflowError e) {
      throw Rejection.of("can't write " + Rejection.name(type), e);
    }
  }

  @Override
  public Object decode(byte[] bytes, int offset, int length, Claims claims)
      throws ChannelException {
    try {
      return conversion.parse(bytes, offset, length, limits, claims);
    } catch (StackOverflowError e) {
      throw Rejection.of("does not fit " + Rejection.name(type), e);
    }
  }

  /**
   * The attachments of a message under way, counted, as each must be one reference in its bytes.
   */
  static final class Outgoing {
    private final Attachments attachments;
    private int added;

    Outgoing(Attachments attachments) {
      this.attachments = attachments;
    }

    int add(Object end) throws ChannelException {
      int index = attachments.add(end);
      added++;
      return index;
    }

    /** Checks that so many references are those that were added since the last time. */
    void check(int references) throws ChannelException {
      int expected = added;
      added = 0;
      if (references != expected) {
        throw Malformed.value("COD-41", "the message has references of its own");
      }
    }

    /** Those that were added so far are in bytes of their own. */
    int setAside() {
      int before = added;
      added = 0;
      return before;
    }

    void takeBack(int before) {
      added = before;
    }
  }
}
