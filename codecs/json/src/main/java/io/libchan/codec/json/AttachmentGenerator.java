package io.libchan.codec.json;

import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.core.json.UTF8JsonGenerator;
import io.libchan.MessageRejected;
import io.libchan.codec.jackson.AttachmentReference;
import io.libchan.codec.jackson.MessageGenerator;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.spi.Malformed;
import java.io.IOException;

/** Writes JSON in which only attachments look like attachments. Rule COD-9. */
final class AttachmentGenerator extends UTF8JsonGenerator implements MessageGenerator {
  private final Outgoing outgoing;

  AttachmentGenerator(IOContext context, int features, Outgoing outgoing) {
    super(context, features, (ObjectCodec) null, outgoing, '"');
    this.outgoing = outgoing;
  }

  @Override
  public Outgoing outgoing() {
    return outgoing;
  }

  @Override
  public void writeEmbeddedObject(Object value) throws IOException {
    if (value instanceof AttachmentReference reference) {
      writeStartObject();
      super.writeFieldName(JsonCodec.ATTACHMENT_KEY);
      writeNumber(reference.index());
      writeEndObject();
    } else {
      super.writeEmbeddedObject(value);
    }
  }

  @Override
  public void writeFieldName(String name) throws IOException {
    check(name);
    super.writeFieldName(name);
  }

  @Override
  public void writeFieldName(SerializableString name) throws IOException {
    check(name.getValue());
    super.writeFieldName(name);
  }

  private void check(String name) throws IOException {
    if (name.equals(JsonCodec.ATTACHMENT_KEY)) {
      throw refusal("the key \"@attachment\" belongs to attachments");
    }
  }

  private MessageRejected refusal(String why) {
    return outgoing.refuse(Malformed.value("COD-9", why));
  }

  @Override
  public void writeRawValue(String text) throws IOException {
    throw refusal("raw JSON could look like an attachment");
  }

  @Override
  public void writeRawValue(String text, int offset, int count) throws IOException {
    writeRawValue(text);
  }

  @Override
  public void writeRawValue(char[] text, int offset, int count) throws IOException {
    writeRawValue("");
  }

  @Override
  public void writeRawValue(SerializableString text) throws IOException {
    writeRawValue("");
  }
}
