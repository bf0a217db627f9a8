package io.libchan.codec.cbor;

import io.libchan.Limits;
import io.libchan.codec.jackson.JacksonCodec;
import io.libchan.codec.jackson.Syntax;

/**
 * The codec named {@code cbor}: CBOR (RFC 8949), binary and an internet standard.
 *
 * <p>What the other side sees: records and maps as maps with text keys, {@code byte[]} as byte
 * strings, enums and times as text, integers beyond 64 bits and decimals as text, and an attachment
 * as its index under the tag {@value #ATTACHMENT_TAG}. As no user data is written with a tag, it
 * can't imitate one. Rule COD-20.
 *
 * <p>Thread-safe.
 */
public final class CborCodec extends JacksonCodec {
  /** The tag of attachments, "lc" in ASCII; no other tag is written or read. */
  public static final int ATTACHMENT_TAG = 0x6c63;

  /** The codec; {@link java.util.ServiceLoader} calls this. */
  public CborCodec() {
    super("cbor");
  }

  @Override
  protected Syntax syntax(Limits limits) {
    return new CborSyntax(limits);
  }
}
