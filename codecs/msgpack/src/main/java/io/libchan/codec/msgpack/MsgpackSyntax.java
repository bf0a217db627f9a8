package io.libchan.codec.msgpack;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.ObjectCodec;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.codec.jackson.MessageParser;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.codec.jackson.Syntax;
import io.libchan.spi.Codec.Claims;

/** How MessagePack is parsed under limits, and written. Thread-safe. */
record MsgpackSyntax(Limits limits, NameCache names) implements Syntax {
  @Override
  public MessageParser parser(
      byte[] bytes, int offset, int length, Claims claims, ObjectCodec mapper)
      throws ChannelException {
    new MsgpackScan(bytes, limits.maxDepth(), limits.maxElements(), limits.maxStringBytes())
        .check(offset, offset + length);
    return new MsgpackParser(bytes, offset, names, claims, mapper, Extensions.WIRE_1);
  }

  @Override
  public JsonGenerator generator(Outgoing out, ObjectCodec mapper) {
    return new MsgpackGenerator(out, mapper, null);
  }
}
