package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.libchan.ChannelException;
import io.libchan.spi.Codec.Attachments;
import io.libchan.spi.Codec.Claims;
import io.libchan.spi.Codec.Format;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.Malformed;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Messages of one type in one syntax. Thread-safe. */
final class JacksonFormat implements Format {
  private final ObjectMapper mapper;
  private final JavaType type;
  private final Syntax syntax;
  private final ObjectWriter writer;
  private final ObjectReader reader;

  JacksonFormat(ObjectMapper mapper, JavaType type, Syntax syntax) {
    this.mapper = mapper;
    this.type = type;
    this.syntax = syntax;
    this.writer = mapper.writerFor(type);
    this.reader = mapper.readerFor(type);
  }

  @Override
  public void encode(Object message, Attachments attachments, EncodeBuffer out)
      throws ChannelException {
    Outgoing outgoing = new Outgoing(out, attachments);
    try (JsonGenerator generator = syntax.generator(outgoing, mapper)) {
      writer.writeValue(generator, message);
    } catch (IOException | RuntimeException | Error e) {
      throwAsItIs(outgoing.failure());
      throw Rejection.whileEncoding(type, e);
    }
  }

  @Override
  public Object decode(byte[] bytes, int offset, int length, Claims claims)
      throws ChannelException {
    Object message;
    boolean more;
    try (MessageParser parser = parser(bytes, offset, length, claims)) {
      try {
        JsonToken first = parser.nextToken();
        message = first == null || first == JsonToken.VALUE_NULL ? null : reader.readValue(parser);
        more = first == null || parser.nextToken() != null;
      } catch (IOException | RuntimeException | Error e) {
        throw failed(parser, e);
      }
    } catch (ChannelException e) {
      throw e;
    } catch (IOException e) { // of closing the parser, which has nothing to close
      throw Rejection.whileDecoding(type, e);
    }
    if (more) {
      throw Malformed.bytes("not exactly one value");
    }
    if (message == null) {
      throw Malformed.value("COD-2", "a message can't be null");
    }
    return message;
  }

  private MessageParser parser(byte[] bytes, int offset, int length, Claims claims)
      throws ChannelException {
    try {
      return syntax.parser(bytes, offset, length, claims, mapper);
    } catch (ChannelException e) {
      throw e;
    } catch (IOException e) {
      ChannelException blamed = syntax.blame(e);
      throw blamed != null ? blamed : Rejection.whileDecoding(type, e);
    }
  }

  private ChannelException failed(MessageParser parser, Throwable e) throws ChannelException {
    throwAsItIs(parser.failure());
    ChannelException blamed = syntax.blame(e);
    return blamed != null ? blamed : Rejection.whileDecoding(type, e);
  }

  private static void throwAsItIs(@Nullable Exception failure) throws ChannelException {
    if (failure instanceof ChannelException expected) {
      throw expected;
    }
    if (failure instanceof RuntimeException misuse) {
      throw misuse;
    }
  }
}
