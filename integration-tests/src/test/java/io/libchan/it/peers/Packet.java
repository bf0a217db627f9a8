package io.libchan.it.peers;

import io.libchan.ByteStream;
import io.libchan.Receiver;
import io.libchan.Sender;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** All messages of the service in spec/conformance.md. */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Packet(
    @Nullable String op,
    @Nullable Long n,
    @Nullable String text,
    byte @Nullable [] data,
    @Nullable Sender<Packet> sender,
    @Nullable Receiver<Packet> receiver,
    @Nullable ByteStream bytes,
    @Nullable InputStream input,
    @Nullable OutputStream output,
    @Nullable Sender<Packet> reply) {
  static Packet of(String op, long n) {
    return new Packet(op, n, null, null, null, null, null, null, null, null);
  }

  Packet text(String value) {
    return new Packet(op, n, value, data, sender, receiver, bytes, input, output, reply);
  }

  Packet data(byte[] value) {
    return new Packet(op, n, text, value, sender, receiver, bytes, input, output, reply);
  }

  Packet sender(Sender<Packet> end) {
    return new Packet(op, n, text, data, end, receiver, bytes, input, output, reply);
  }

  Packet receiver(Receiver<Packet> end) {
    return new Packet(op, n, text, data, sender, end, bytes, input, output, reply);
  }

  Packet bytes(ByteStream end) {
    return new Packet(op, n, text, data, sender, receiver, end, input, output, reply);
  }

  Packet input(InputStream end) {
    return new Packet(op, n, text, data, sender, receiver, bytes, end, output, reply);
  }

  Packet output(OutputStream end) {
    return new Packet(op, n, text, data, sender, receiver, bytes, input, end, reply);
  }

  Packet reply(Sender<Packet> end) {
    return new Packet(op, n, text, data, sender, receiver, bytes, input, output, end);
  }
}
