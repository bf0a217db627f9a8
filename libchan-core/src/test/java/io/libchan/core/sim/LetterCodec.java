package io.libchan.core.sim;

import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.ProtocolViolation;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Letters as bytes: fixed fields, the ends by index, then the filling. Thread-safe. */
final class LetterCodec implements Codec, Codec.Format {
  static final LetterCodec INSTANCE = new LetterCodec();
  private static final int FIXED_BYTES = 4 + 8 + 4 + 1;
  private static final int END_BYTES = 6;

  private LetterCodec() {}

  @Override
  public String name() {
    return "letter";
  }

  @Override
  public Format format(Type type, Limits limits) {
    return this;
  }

  @Override
  public void encode(Object message, Attachments attachments, EncodeBuffer out)
      throws ChannelException {
    Letter letter = (Letter) message;
    ByteBuffer fixed = ByteBuffer.allocate(FIXED_BYTES + END_BYTES * letter.ends().size());
    fixed.putInt(letter.line()).putLong(letter.number()).putInt(letter.size());
    fixed.put((byte) letter.ends().size());
    for (Letter.Attached attached : letter.ends()) {
      int index = attachments.add(attached.end());
      fixed.putInt(attached.number()).put((byte) index).put((byte) (attached.skipped() ? 1 : 0));
    }
    out.write(fixed.array(), 0, fixed.capacity());
    int offset = Letter.offset(letter.line(), letter.number());
    out.write(Letter.bytes(), offset, letter.size());
  }

  @Override
  public Object decode(byte[] bytes, int offset, int length, Claims claims)
      throws ChannelException {
    ByteBuffer in = ByteBuffer.wrap(bytes, offset, length);
    if (length < FIXED_BYTES) {
      throw malformed("letter of " + length + " bytes");
    }
    int line = in.getInt();
    long number = in.getLong();
    int size = in.getInt();
    int count = in.get();
    if (in.remaining() != count * END_BYTES + size) {
      throw malformed("letter of " + length + " bytes with " + size + " and " + count + " ends");
    }
    List<Letter.Attached> ends = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int end = in.getInt();
      int index = in.get();
      boolean skipped = in.get() != 0;
      Object taken = skipped ? null : claims.take(index, Object.class, Letter.class);
      ends.add(new Letter.Attached(end, skipped, taken));
    }
    if (!Letter.isRight(bytes, in.position(), size, Letter.offset(line, number))) {
      throw malformed("letter " + number + " of line " + line + " has other bytes");
    }
    return new Letter(line, number, size, ends);
  }

  private static ProtocolViolation malformed(String what) {
    return new ProtocolViolation(Reason.of(ReasonCode.PROTOCOL_ERROR, what));
  }
}
