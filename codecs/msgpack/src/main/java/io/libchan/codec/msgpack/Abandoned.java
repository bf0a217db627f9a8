package io.libchan.codec.msgpack;

/**
 * Says that a message is not what {@link FieldReader} or {@link FieldWriter} is made for, so that
 * Jackson has to look at it. Nobody sees it, and so it has no stack trace and there is only one.
 */
final class Abandoned extends RuntimeException {
  private static final long serialVersionUID = 1L;

  @SuppressWarnings("StaticAssignmentOfThrowable") // it has no stack trace to be wrong
  private static final Abandoned ONLY = new Abandoned();

  private Abandoned() {
    super("left to Jackson", null, false, false);
  }

  static Abandoned now() {
    return ONLY;
  }
}
