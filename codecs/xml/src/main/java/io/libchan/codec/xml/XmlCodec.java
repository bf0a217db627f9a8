package io.libchan.codec.xml;

import io.libchan.Limits;
import io.libchan.codec.jackson.JacksonCodec;
import io.libchan.codec.jackson.Syntax;

/**
 * The codec named {@code xml}: XML 1.0 in UTF-8, for those whose tools speak it.
 *
 * <p>What the other side sees: an element for each value, named after its key, whose attribute
 * {@code type} says what it is if it is not text; {@code byte[]} as base64, enums and times as
 * text. An attachment is an element of the type {@code attachment}, which no user data is written
 * with. Rules COD-30 to COD-34. A document type, an entity, a processing instruction or a comment
 * is refused.
 *
 * <p>Thread-safe.
 */
public final class XmlCodec extends JacksonCodec {
  /** The codec; {@link java.util.ServiceLoader} calls this. */
  public XmlCodec() {
    super("xml");
  }

  @Override
  protected Syntax syntax(Limits limits) {
    return new XmlSyntax(limits);
  }
}
