package io.libchan.codec.msgpack;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.spi.Codec.Attachments;
import io.libchan.spi.Codec.Claims;
import io.libchan.spi.Codec.Format;
import io.libchan.spi.EncodeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Messages of one record type, written and read field by field without Jackson. What is not as
 * expected is done again from the start by Jackson's format, which knows all of a message and says
 * what is wrong with it; so both always have the same result. A constructor or accessor may be
 * called a second time for that, and the constructor of a record in the message before all of its
 * bytes were seen.
 *
 * <p>Thread-safe: threads may overwrite each other's count of misses, which is a hint.
 */
final class RecordFormat implements Format {
  private static final int MOST_MISSES = 16;
  private static final int TRIED_AGAIN = 64;

  private final Format jacksons;
  private final Class<?> type;
  private final RecordPlan plan;
  private final Limits limits;
  private final boolean fits; // a message within the limits
  private int misses; // in a row, as a peer may always have another order of fields

  private RecordFormat(Format jacksons, Class<?> type, RecordPlan plan, Limits limits) {
    this.jacksons = jacksons;
    this.type = type;
    this.plan = plan;
    this.limits = limits;
    this.fits = plan.cost().fits(limits);
  }

  /** The format for this type if it is a record of which every part is understood. */
  static Format of(Format jacksons, ObjectMapper mapper, JavaType type, Limits limits) {
    return RecordPlan.of(type, mapper)
        .<Format>map(plan -> new RecordFormat(jacksons, type.getRawClass(), plan, limits))
        .orElse(jacksons);
  }

  @Override
  public void encode(Object message, Attachments attachments, EncodeBuffer out)
      throws ChannelException {
    FieldWriter fields = write(message, out);
    if (fields == null) {
      jacksons.encode(message, attachments, out);
    } else {
      fields.finish(attachments);
    }
  }

  private @Nullable FieldWriter write(Object message, EncodeBuffer out) {
    if (!type.isInstance(message)) {
      return null;
    }
    FieldWriter fields = null;
    try {
      fields = FieldWriter.to(out, plan.cost().bytes());
      plan.writer().invokeExact(fields, message);
      fields.check();
      return fields;
    } catch (Throwable e) { // what it is, Jackson's format will tell
      if (fields != null) {
        fields.forget();
      }
      return null;
    }
  }

  @Override
  public Object decode(byte[] bytes, int offset, int length, Claims claims)
      throws ChannelException {
    if (!fits || (misses >= MOST_MISSES && misses++ % TRIED_AGAIN != 0)) {
      return jacksons.decode(bytes, offset, length, claims);
    }
    int elements = limits.maxElements() - plan.cost().elements();
    int end = offset + length;
    FieldReader fields =
        new FieldReader(bytes, offset, end, limits.maxStringBytes(), elements, claims);
    try {
      Object message = (Object) plan.reader().invokeExact(fields);
      if (misses != 0) { // else every thread would write to it for each message
        misses = 0;
      }
      return message;
    } catch (Throwable e) { // what it is, Jackson's format will tell
      throwAsItIs(fields.refusal());
      misses++;
      return jacksons.decode(bytes, offset, length, fields.again());
    }
  }

  private static void throwAsItIs(@Nullable Exception refusal) throws ChannelException {
    if (refusal instanceof ChannelException expected) {
      throw expected;
    }
    if (refusal instanceof RuntimeException misuse) {
      throw misuse;
    }
  }
}
