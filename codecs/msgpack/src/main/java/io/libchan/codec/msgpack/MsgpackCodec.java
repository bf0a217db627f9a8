package io.libchan.codec.msgpack;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.ObjectCodec;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.codec.jackson.JacksonCodec;
import io.libchan.codec.jackson.MessageParser;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.codec.jackson.Syntax;
import io.libchan.spi.Codec.Claims;

/**
 * The codec named {@code msgpack}: MessagePack, compact and fast.
 *
 * <p>What the other side sees: records and maps as maps with text keys, {@code byte[]} as bin,
 * enums and times as text, integers beyond 64 bits and decimals as text, and an attachment as
 * extension type {@value #ATTACHMENT_TYPE} whose two bytes are its index, high byte first. As user
 * data never becomes an extension, it can't imitate one. Rule COD-8.
 *
 * <p>Thread-safe.
 */
public final class MsgpackCodec extends JacksonCodec {
  /** The extension type of attachments. */
  public static final int ATTACHMENT_TYPE = 1;

  /** The codec; {@link java.util.ServiceLoader} calls this. */
  public MsgpackCodec() {
    super("msgpack");
  }

  @Override
  protected Syntax syntax(Limits limits) {
    return new MsgpackSyntax(limits, new NameCache());
  }

  private record MsgpackSyntax(Limits limits, NameCache names) implements Syntax {
    @Override
    public MessageParser parser(
        byte[] bytes, int offset, int length, Claims claims, ObjectCodec mapper)
        throws ChannelException {
      new MsgpackScan(bytes, limits.maxDepth(), limits.maxElements(), limits.maxStringBytes())
          .check(offset, offset + length);
      return new MsgpackParser(bytes, offset, names, claims, mapper);
    }

    @Override
    public JsonGenerator generator(Outgoing out, ObjectCodec mapper) {
      return new MsgpackGenerator(out, mapper);
    }
  }
}
