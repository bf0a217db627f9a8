package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.Version;
import com.fasterxml.jackson.core.base.ParserMinimalBase;
import io.libchan.ChannelException;
import io.libchan.spi.Codec.Claims;
import io.libchan.spi.Malformed;
import java.io.IOException;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * A parser of one message, which gives out the message's attachments. An attachment is a token
 * {@code VALUE_EMBEDDED_OBJECT} with a {@link #reference}.
 *
 * <p>Not thread-safe.
 */
@SuppressWarnings("InlineMeSuggester") // the deprecated methods are Jackson's
public abstract class MessageParser extends ParserMinimalBase {
  private final Claims claims;
  private ObjectCodec mapper;
  private boolean sawReference;
  private boolean closed;
  private @Nullable Exception failure; // the first one wins

  /** A parser that has read nothing yet. */
  protected MessageParser(StreamReadConstraints constraints, Claims claims, ObjectCodec mapper) {
    super(constraints);
    this.claims = claims;
    this.mapper = mapper;
  }

  /** The embedded object for an attachment of this index. */
  protected final AttachmentReference reference(int index) {
    sawReference = true;
    return new AttachmentReference(index);
  }

  /** The embedded object for something that may only be ignored, such as a foreign extension. */
  protected final AttachmentReference unknown() {
    sawReference = true;
    return AttachmentReference.UNKNOWN;
  }

  final Object take(AttachmentReference reference, Class<?> as, @Nullable Type element)
      throws ChannelException {
    if (reference == AttachmentReference.UNKNOWN) {
      throw refuse(Malformed.value("COD-18", "an extension type that is not known"));
    }
    try {
      return claims.take(reference.index(), as, element);
    } catch (ChannelException | RuntimeException e) {
      keep(e);
      throw e;
    }
  }

  /** Refuses the message: decoding ends with this exception, however Jackson wraps it. */
  protected final <E extends ChannelException> E refuse(E why) {
    keep(why);
    return why;
  }

  private void keep(Exception e) {
    if (failure == null) {
      failure = e;
    }
  }

  final boolean sawReference() {
    return sawReference;
  }

  final @Nullable Exception failure() {
    return failure;
  }

  @Override
  public final ObjectCodec getCodec() {
    return mapper;
  }

  @Override
  public final void setCodec(ObjectCodec codec) {
    mapper = codec;
  }

  @Override
  public Version version() {
    return Version.unknownVersion();
  }

  @Override
  public void close() throws IOException {
    closed = true;
  }

  @Override
  public final boolean isClosed() {
    return closed;
  }

  @Override
  protected final void _handleEOF() {}

  @Override
  public abstract @Nullable String currentName() throws IOException;

  @Override
  @Deprecated
  public final @Nullable String getCurrentName() throws IOException {
    return currentName();
  }

  @Override
  public final JsonLocation currentLocation() {
    return JsonLocation.NA;
  }

  @Override
  public final JsonLocation currentTokenLocation() {
    return JsonLocation.NA;
  }

  @Override
  @Deprecated
  public final JsonLocation getCurrentLocation() {
    return JsonLocation.NA;
  }

  @Override
  @Deprecated
  public final JsonLocation getTokenLocation() {
    return JsonLocation.NA;
  }

  @Override
  public final boolean hasTextCharacters() {
    return false;
  }

  @Override
  public char[] getTextCharacters() throws IOException {
    String text = getText();
    return text == null ? new char[0] : text.toCharArray();
  }

  @Override
  public int getTextLength() throws IOException {
    String text = getText();
    return text == null ? 0 : text.length();
  }

  @Override
  public final int getTextOffset() {
    return 0;
  }
}
