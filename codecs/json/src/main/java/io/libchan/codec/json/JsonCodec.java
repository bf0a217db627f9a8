package io.libchan.codec.json;

import io.libchan.Limits;
import io.libchan.codec.jackson.JacksonCodec;
import io.libchan.codec.jackson.Syntax;

/**
 * The codec named {@code json}: JSON in UTF-8, which people and browsers can read.
 *
 * <p>What the other side sees: {@code byte[]} as base64, enums and times as text, numbers with all
 * their digits, and an attachment as {@code {"@attachment":N}} with its index. That key belongs to
 * attachments: a message whose own data has it is refused where it is sent. Rule COD-9.
 *
 * <p>Thread-safe.
 */
public final class JsonCodec extends JacksonCodec {
  /** The key of attachments, which no other object may have. */
  public static final String ATTACHMENT_KEY = "@attachment";

  /** The codec; {@link java.util.ServiceLoader} calls this. */
  public JsonCodec() {
    super("json");
  }

  @Override
  protected Syntax syntax(Limits limits) {
    return new JsonSyntax(limits);
  }
}
