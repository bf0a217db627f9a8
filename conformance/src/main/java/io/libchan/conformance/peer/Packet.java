package io.libchan.conformance.peer;

import io.libchan.ByteStream;
import io.libchan.Receiver;
import io.libchan.Sender;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** All messages there are; see {@code spec/conformance.md}. Thread-safe: nobody writes into it. */
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
  static Packet answer(String op, long n, String text) {
    return new Packet(op, n, text, null, null, null, null, null, null, null);
  }

  static Packet answer(String op, long n, byte[] data) {
    return new Packet(op, n, null, data, null, null, null, null, null, null);
  }

  static Packet ok() {
    return answer("ok", 0, "");
  }

  static Packet with(Sender<Packet> sender) {
    return new Packet("ok", null, null, null, sender, null, null, null, null, null);
  }

  static Packet with(Receiver<Packet> receiver) {
    return new Packet("ok", null, null, null, null, receiver, null, null, null, null);
  }

  static Packet with(ByteStream bytes) {
    return new Packet("ok", null, null, null, null, null, bytes, null, null, null);
  }

  static Packet with(InputStream input) {
    return new Packet("ok", null, null, null, null, null, null, input, null, null);
  }

  static Packet with(OutputStream output) {
    return new Packet("ok", null, null, null, null, null, null, null, output, null);
  }

  long number() {
    return n == null ? 0 : n;
  }

  byte[] bytesToSend() {
    return data == null ? new byte[0] : data;
  }

  String words() {
    return text == null ? "" : text;
  }
}
