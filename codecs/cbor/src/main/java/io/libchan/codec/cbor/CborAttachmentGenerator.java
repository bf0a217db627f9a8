package io.libchan.codec.cbor;

import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import io.libchan.MessageRejected;
import io.libchan.codec.jackson.AttachmentReference;
import io.libchan.codec.jackson.MessageGenerator;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.spi.Malformed;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;

/** Writes CBOR in which only attachments have a tag. Rule COD-20. */
final class CborAttachmentGenerator extends CBORGenerator implements MessageGenerator {
  private final Outgoing outgoing;

  CborAttachmentGenerator(IOContext context, int features, int formatFeatures, Outgoing outgoing) {
    super(context, features, formatFeatures, (ObjectCodec) null, outgoing);
    this.outgoing = outgoing;
  }

  @Override
  public Outgoing outgoing() {
    return outgoing;
  }

  @Override
  public void writeEmbeddedObject(Object value) throws IOException {
    if (value instanceof AttachmentReference reference) {
      if (reference.index() > 0xffff) {
        throw refusal("an index above 65535");
      }
      super.writeTag(CborCodec.ATTACHMENT_TAG);
      writeNumber(reference.index());
    } else {
      super.writeEmbeddedObject(value);
    }
  }

  @Override
  public void writeTag(int tag) throws IOException {
    throw refusal("tags belong to attachments");
  }

  @Override
  public void writeNumber(BigInteger value) throws IOException {
    if (value.bitLength() < 64) {
      writeNumber(value.longValue());
    } else {
      writeString(value.toString()); // Jackson would write a tag
    }
  }

  @Override
  public void writeNumber(BigDecimal value) throws IOException {
    writeString(value.toString());
  }

  @Override
  public void writeRawValue(String text) throws IOException {
    throw refusal("raw text is not CBOR");
  }

  private MessageRejected refusal(String why) {
    return outgoing.refuse(Malformed.value("COD-20", why));
  }
}
