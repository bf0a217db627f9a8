package io.libchan.codec.jackson;

/**
 * An attachment in the tokens of a message: an index into the message's table. It is an embedded
 * object of parsers and generators, and never reaches an application.
 *
 * <p>Thread-safe: immutable.
 */
public final class AttachmentReference {
  /** An embedded object that is no attachment, and nothing else that is known. Rule COD-18. */
  static final AttachmentReference UNKNOWN = new AttachmentReference(-1);

  private final int index;

  AttachmentReference(int index) {
    this.index = index;
  }

  /** The index in the message's table, as the peer wrote it. */
  public int index() {
    return index;
  }

  /**
   * Never answers, as Jackson would take the text for a {@code String} field.
   *
   * @throws IllegalStateException always
   */
  @Override
  public String toString() {
    throw new IllegalStateException("an attachment is not text");
  }
}
