package io.libchan.transport.spdy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** What two programs of the Go reference wrote to each other. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Capture(byte[] client, byte[] server) {
  static Capture of(String name) throws IOException {
    Path root = Path.of(System.getProperty("libchan.root", ".."));
    ByteArrayOutputStream client = new ByteArrayOutputStream();
    ByteArrayOutputStream server = new ByteArrayOutputStream();
    for (String line : Files.readAllLines(root.resolve("spec/vectors/go-libchan/" + name))) {
      if (!line.endsWith("EOF")) {
        (line.startsWith("C") ? client : server)
            .writeBytes(HexFormat.of().parseHex(line.substring(2)));
      }
    }
    return new Capture(client.toByteArray(), server.toByteArray());
  }
}
