package io.libchan.codec.protobuf;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.codec.protobuf.ProtobufFormat.Outgoing;
import io.libchan.spi.Codec.Claims;
import io.libchan.spi.Malformed;

/** A whole message: as it is, or a record bound to it. */
abstract class MessageConversion implements Conversion {
  private static final int PARSER_LEVELS = 3; // a map's entry is one for the parser

  private final Message empty;
  private final Parser<? extends Message> parser;

  MessageConversion(Message empty) {
    this.empty = empty;
    this.parser = DiscardUnknownFieldsParser.wrap(empty.getParserForType());
  }

  final Descriptor descriptor() {
    return empty.getDescriptorForType();
  }

  final Message.Builder newBuilder() {
    return empty.newBuilderForType();
  }

  @Override
  public abstract Message write(Object value, Outgoing attachments) throws ChannelException;

  /** Reads a message that is these bytes. */
  final Object parse(byte[] bytes, int offset, int length, Limits limits, Claims claims)
      throws ChannelException {
    WireScan.ofPeers(bytes, offset, offset + length, descriptor(), limits);
    Message message;
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes, offset, length);
      in.setRecursionLimit(
          (int) Math.min(Integer.MAX_VALUE, PARSER_LEVELS * (limits.maxDepth() + 1L)));
      message = parser.parseFrom(in);
    } catch (InvalidProtocolBufferException e) {
      if (e.getUnfinishedMessage() instanceof Message unfinished && !unfinished.isInitialized()) {
        throw Rejection.of("does not fit " + descriptor().getName() + ": a field is missing", null);
      }
      throw Malformed.bytes("not a message of Protocol Buffers");
    }
    return read(message, claims);
  }

  /** A generated message. Its references, if it has any, are nobody's and taken by nobody. */
  static MessageConversion generated(Message empty) {
    return new MessageConversion(empty) {
      @Override
      public Message write(Object value, Outgoing attachments) throws ChannelException {
        Message message = (Message) value;
        if (!message.isInitialized()) {
          throw Rejection.of(
              "can't write " + descriptor().getName() + ": a field is missing", null);
        }
        return message;
      }

      @Override
      public Object read(Object field, Claims claims) {
        return field;
      }
    };
  }
}
