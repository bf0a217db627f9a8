package io.libchan.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.CodedOutputStream;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.benchmarks.wire.WireSample;
import io.libchan.codec.protobuf.ProtobufCodec;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.Services;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;
import org.msgpack.core.MessageUnpacker;
import org.msgpack.core.buffer.ArrayBufferInput;
import org.msgpack.jackson.dataformat.MessagePackMapper;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does it cost to write and to read one small record, in each codec and in the libraries
 * beside them?
 *
 * <pre>{@code
 * java -cp 'benchmarks/target/libchan-benchmarks.jar:benchmarks/target/lib/*' org.openjdk.jmh.Main CodecBench
 * }</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class CodecBench {
  /**
   * Names of codecs; {@code protobuf-record} is our codec with a record bound, {@code protobuf} our
   * codec with the generated message made from a record and back; the rest are libraries alone.
   */
  @Param({
    "msgpack",
    "json",
    "cbor",
    "xml",
    "protobuf",
    "protobuf-record",
    "msgpack-by-hand",
    "jackson-msgpack",
    "protobuf-alone"
  })
  public String way;

  private Way chosen;
  private byte[][] encoded;
  private int position;

  /** One way to write and read. */
  interface Way {
    byte[] write(Sample sample) throws IOException;

    int writeOnly(Sample sample) throws IOException;

    Sample read(byte[] bytes) throws IOException;
  }

  /** Chooses, and writes what will be read. */
  @Setup
  public void choose() throws IOException {
    chosen =
        switch (way) {
          case "msgpack-by-hand" -> new ByHand();
          case "jackson-msgpack" -> new Jackson();
          case "protobuf-alone" -> new ProtobufAlone();
          case "protobuf" -> new Generated();
          case "protobuf-record" ->
              new Ours(new ProtobufCodec().with(Sample.class, WireSample.class));
          default -> new Ours(named(way));
        };
    encoded = new byte[Samples.COUNT][];
    for (int i = 0; i < Samples.COUNT; i++) {
      encoded[i] = chosen.write(Samples.at(i));
      if (!chosen.read(encoded[i]).equals(Samples.at(i))) {
        throw new IllegalStateException("another record came back");
      }
    }
  }

  private static Codec named(String name) {
    return Services.codecs().stream()
        .filter(codec -> codec.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Writes a record. */
  @Benchmark
  public int write() throws IOException {
    return chosen.writeOnly(Samples.at(position++));
  }

  /** Reads a record. */
  @Benchmark
  public Object read() throws IOException {
    return chosen.read(encoded[position++ & (Samples.COUNT - 1)]);
  }

  private static class Ours implements Way {
    private final Codec.Format format;
    private final EncodeBuffer out = new EncodeBuffer(1 << 20);

    Ours(Codec codec) {
      format = codec.format(Sample.class, Limits.DEFAULTS);
    }

    @Override
    public byte[] write(Sample sample) throws ChannelException {
      int length = writeOnly(sample);
      return Arrays.copyOf(out.array(), length);
    }

    @Override
    public int writeOnly(Sample sample) throws ChannelException {
      out.clear();
      format.encode(sample, end -> 0, out);
      return out.length();
    }

    @Override
    public Sample read(byte[] bytes) throws ChannelException {
      return (Sample) format.decode(bytes, 0, bytes.length, (index, as, element) -> bytes);
    }
  }

  private static final class Generated implements Way {
    private final Codec.Format format =
        new ProtobufCodec().format(WireSample.class, Limits.DEFAULTS);
    private final EncodeBuffer out = new EncodeBuffer(1 << 20);

    @Override
    public byte[] write(Sample sample) throws ChannelException {
      int length = writeOnly(sample);
      return Arrays.copyOf(out.array(), length);
    }

    @Override
    public int writeOnly(Sample sample) throws ChannelException {
      out.clear();
      format.encode(WireSamples.toWire(sample), end -> 0, out);
      return out.length();
    }

    @Override
    public Sample read(byte[] bytes) throws ChannelException {
      return WireSamples.fromWire(
          (WireSample) format.decode(bytes, 0, bytes.length, (index, as, element) -> bytes));
    }
  }

  private static final class ProtobufAlone implements Way {
    private final byte[] out = new byte[1024];

    @Override
    public byte[] write(Sample sample) {
      return WireSamples.toWire(sample).toByteArray();
    }

    @Override
    public int writeOnly(Sample sample) throws IOException {
      CodedOutputStream coded = CodedOutputStream.newInstance(out); // as ours: one buffer for all
      WireSamples.toWire(sample).writeTo(coded);
      return coded.getTotalBytesWritten();
    }

    @Override
    public Sample read(byte[] bytes) throws IOException {
      return WireSamples.fromWire(WireSample.parseFrom(bytes));
    }
  }

  private static final class Jackson implements Way {
    private final ObjectMapper mapper = new MessagePackMapper();

    @Override
    public byte[] write(Sample sample) throws IOException {
      return mapper.writeValueAsBytes(sample);
    }

    @Override
    public int writeOnly(Sample sample) throws IOException {
      return write(sample).length;
    }

    @Override
    public Sample read(byte[] bytes) throws IOException {
      return mapper.readValue(bytes, Sample.class);
    }
  }

  /** An array without names, as somebody would write it for one record. */
  private static final class ByHand implements Way {
    private final MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();
    private final ArrayBufferInput input = new ArrayBufferInput(new byte[0]);
    private final MessageUnpacker in = MessagePack.newDefaultUnpacker(input);

    @Override
    public byte[] write(Sample sample) throws IOException {
      pack(sample);
      return packer.toByteArray();
    }

    private void pack(Sample sample) throws IOException {
      packer.clear();
      packer.packArrayHeader(5).packLong(sample.id()).packString(sample.name());
      packer.packDouble(sample.weight()).packInt(sample.level());
      packer.packBinaryHeader(sample.payload().length).writePayload(sample.payload());
    }

    @Override
    public int writeOnly(Sample sample) throws IOException {
      pack(sample);
      return (int) packer.getTotalWrittenBytes();
    }

    @Override
    public Sample read(byte[] bytes) throws IOException {
      input.reset(bytes);
      in.reset(input); // a new one costs twenty times what it reads here
      in.unpackArrayHeader();
      return new Sample(
          in.unpackLong(),
          in.unpackString(),
          in.unpackDouble(),
          in.unpackInt(),
          in.readPayload(in.unpackBinaryHeader()));
    }
  }
}
