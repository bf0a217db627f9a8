package io.libchan.codec.msgpack;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.codec.jackson.JacksonCodec;
import io.libchan.codec.jackson.Syntax;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * All that can be seen of one message being written or read: the value or the bytes, or what was
 * thrown, and which attachments were handed over.
 */
record Outcome(Object value, Class<?> thrown, Object said, Class<?> cause, List<Object> ends) {
  /** The codec without its fast path. */
  static class Plain extends JacksonCodec {
    Plain() {
      super("msgpack");
    }

    @Override
    protected final Syntax syntax(Limits limits) {
      return new MsgpackSyntax(limits, new NameCache());
    }
  }

  /** The codec with nothing but its fast path: what that leaves to Jackson fails. */
  static final class Alone extends Plain {
    @Override
    protected Format faster(Format format, ObjectMapper mapper, JavaType type, Limits limits) {
      return RecordFormat.of(new Nothing(), mapper, type, limits);
    }
  }

  private static final class Nothing implements Codec.Format {
    @Override
    public void encode(Object message, Codec.Attachments attachments, EncodeBuffer out) {
      throw new UnsupportedOperationException("Jackson had to write it");
    }

    @Override
    public Object decode(byte[] bytes, int offset, int length, Codec.Claims claims) {
      throw new UnsupportedOperationException("Jackson had to read it");
    }
  }

  static Outcome encode(Codec.Format format, Object message, int maxBytes) {
    return encode(format, message, maxBytes, Integer.MAX_VALUE);
  }

  static Outcome encode(Codec.Format format, Object message, int maxBytes, int maxEnds) {
    List<Object> ends = new ArrayList<>();
    EncodeBuffer out = new EncodeBuffer(maxBytes, 5);
    ThrowingCallable call =
        () ->
            format.encode(
                message,
                end -> {
                  ends.add(end);
                  if (ends.size() > maxEnds) {
                    throw new IllegalStateException("sent away");
                  }
                  return ends.size() * 255;
                },
                out);
    Throwable thrown = thrownBy(call);
    byte[] bytes = Arrays.copyOfRange(out.array(), 5, out.length());
    return of(thrown == null ? bytes : null, thrown, ends);
  }

  static Outcome decode(Codec.Format format, byte[] bytes, Object... table) {
    byte[] around = new byte[bytes.length + 16];
    Arrays.fill(around, (byte) 0x61);
    System.arraycopy(bytes, 0, around, 3, bytes.length);
    List<Object> ends = new ArrayList<>();
    Object[] value = new Object[1];
    ThrowingCallable call =
        () ->
            value[0] =
                format.decode(
                    around, 3, bytes.length, (i, as, element) -> take(table, ends, i, as, element));
    return of(null, thrownBy(call), ends).withValue(value[0]);
  }

  private static Object take(
      Object[] table, List<Object> ends, int index, Class<?> as, Type element)
      throws ChannelException {
    Object claim = index + " " + as + " " + element;
    boolean taken = ends.stream().anyMatch(other -> ((String) other).startsWith(index + " "));
    ends.add(claim);
    if (taken || index >= table.length || !as.isInstance(table[index])) {
      throw new MessageRejected(Reason.of(ReasonCode.REF_NOT_FOUND, "no attachment " + index));
    }
    return table[index];
  }

  private static Throwable thrownBy(ThrowingCallable call) {
    try {
      call.call();
      return null;
    } catch (Throwable e) {
      return e;
    }
  }

  private static Outcome of(Object value, Throwable thrown, List<Object> ends) {
    if (thrown == null) {
      return new Outcome(value, null, null, null, ends);
    }
    Object said = thrown instanceof ChannelException e ? e.reason() : thrown.getMessage();
    Throwable cause = thrown.getCause();
    return new Outcome(
        value, thrown.getClass(), said, cause == null ? null : cause.getClass(), ends);
  }

  private Outcome withValue(Object newValue) {
    return new Outcome(newValue, thrown, said, cause, ends);
  }

  boolean isSameAs(Outcome other) throws ReflectiveOperationException {
    return Shapes.same(value, other.value) && Shapes.same(withValue(null), other.withValue(null));
  }
}
