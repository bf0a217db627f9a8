package io.libchan.codec.msgpack;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.libchan.Limits;
import io.libchan.codec.jackson.JacksonCodec;
import io.libchan.codec.jackson.Syntax;

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

  @Override
  protected Format faster(Format format, ObjectMapper mapper, JavaType type, Limits limits) {
    return RecordFormat.of(format, mapper, type, limits);
  }
}
