package io.libchan.it.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Task;
import io.libchan.testkit.Vectors;
import io.libchan.testkit.Waits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The recorded conversations, played over TCP by a raw socket to a side of ours, whose answers are
 * compared with those that are recorded; and the worked example of the specification, which is one
 * of them.
 */
@ExtendWith(QuietLog.class)
final class ConversationsTest {
  private static final Path ROOT = Path.of(System.getProperty("libchan.root", "..")).normalize();

  @ParameterizedTest
  @ValueSource(strings = {"call.json", "bytes.json", "refused.json"})
  @Rule({"MUX-1", "MUX-2", "CTL-1", "CTL-3", "ATT-1", "CH-11", "CH-12", "CH-20", "CH-27", "CH-40"})
  @Rule({"MUX-11", "MUX-13", "CTL-5"})
  void aListenerAnswersAsRecorded(String file) throws Exception {
    List<Object> steps = steps(file);
    Options options = Options.builder().codec("json").nodeName("bob").build();
    try (Listener listener =
        Libchan.listen("tcp://127.0.0.1:0", options, session -> serve(file, session))) {
      URI address = listener.uri();
      try (Socket socket = new Socket(address.getHost(), address.getPort())) {
        play(steps, "connecting", socket);
        assertThat(socket.getInputStream().read()).as("the end of the connection").isEqualTo(-1);
      }
    }
  }

  @Test
  @Rule({"MUX-1", "CTL-1", "CH-12", "CH-20", "MUX-13"})
  void aConnectingSideSpeaksAsRecorded() throws Exception {
    Options options = Options.builder().codec("json").nodeName("alice").build();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "tcp://127.0.0.1:" + server.getLocalPort();
      Task<String> client =
          Task.call(
              () -> {
                try (Session session = Libchan.connect(address, options)) {
                  Sender<Object> jobs = session.open("jobs", Object.class, 2);
                  jobs.send(Map.of("id", 7));
                  jobs.flush();
                  jobs.close();
                }
                return "done";
              });
      try (Socket socket = server.accept()) {
        play(steps("flush.json"), "listening", socket);
      }
      assertThat(client.result()).isEqualTo("done");
    }
  }

  /** Plays one side: writes its steps, and waits for those of the other. */
  private static void play(List<Object> steps, String who, Socket socket) throws IOException {
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) Waits.BOUND.toMillis());
    Said recorded = new Said();
    Said heard = new Said();
    for (Object one : steps) {
      Map<String, Object> step = Vectors.map(one);
      if (step.get("from").equals(who)) {
        socket.getOutputStream().write(bytes(step));
      } else {
        recorded.add(bytes(step));
        heard.readUntil(recorded, socket.getInputStream());
      }
    }
  }

  /** What the application of the listening side does, as the files say. */
  private static void serve(String file, Session session) throws Exception {
    switch (file) {
      case "call.json" -> {
        Receiver<Object> add = session.accept("add", Object.class);
        Map<String, Object> request = Vectors.map(add.receive());
        @SuppressWarnings("unchecked")
        Sender<Object> reply = (Sender<Object>) request.get("reply");
        reply.send(Map.of("sum", (int) request.get("a") + (int) request.get("b")));
        reply.close();
        while (add.receive() != null) {}
      }
      case "bytes.json" -> {
        Receiver<Object> run = session.accept("run", Object.class);
        Map<String, Object> command = Vectors.map(run.receive());
        ByteStream io = (ByteStream) command.get("io");
        String read = new String(io.input().readAllBytes(), StandardCharsets.UTF_8);
        try (var output = io.output()) {
          output.write((read.equals("ping") ? "PONG" : read).getBytes(StandardCharsets.UTF_8));
        }
        try (var log = (java.io.OutputStream) command.get("log")) {
          log.write("done\n".getBytes(StandardCharsets.UTF_8));
        }
        while (run.receive() != null) {}
      }
      default -> {}
    }
    Waits.value(session.closed());
  }

  /** The example in the text is the recorded conversation, line by line. */
  @Test
  void theWorkedExampleIsTheRecordedConversation() throws IOException {
    StringBuilder example = new StringBuilder();
    int number = 0;
    for (Object one : steps("call.json")) {
      Map<String, Object> step = Vectors.map(one);
      number++;
      example.append(number + ". The " + step.get("from") + " side " + step.get("what"));
      List<Object> rules = Vectors.list(step.get("rules"));
      example.append(" (" + String.join(", ", rules.stream().map(String.class::cast).toList()));
      example.append(").\n\n```\n");
      for (Object line : Vectors.list(step.get("lines"))) {
        Map<String, Object> both = Vectors.map(line);
        example.append(both.get("bytes") + "    " + both.get("says").toString().strip() + "\n");
      }
      example.append("```\n\n");
    }
    assertThat(Files.readString(ROOT.resolve("spec/protocol.md")))
        .as("spec/protocol.md has the worked example as spec/vectors/conversations/call.json does")
        .contains(example.toString().strip());
  }

  private static List<Object> steps(String file) {
    return Vectors.list(Vectors.read("conversations/" + file).get("steps"));
  }

  private static byte[] bytes(Map<String, Object> step) {
    List<String> lines = new ArrayList<>();
    for (Object line : Vectors.list(step.get("lines"))) {
      lines.add((String) Vectors.map(line).get("bytes"));
    }
    return Vectors.hex(lines);
  }

  /**
   * What a side said, stream by stream: where DATA is cut, which streams' turn came first, and
   * credit are free (FRM-4, MUX-8, MUX-9); so is what it says of itself.
   */
  private static final class Said {
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private final Map<Integer, ByteArrayOutputStream> data = new TreeMap<>();
    private final Map<Integer, List<String>> flags = new TreeMap<>();

    void readUntil(Said recorded, InputStream in) throws IOException {
      byte[] buffer = new byte[4096];
      while (!words().equals(recorded.words())) {
        int count = -1;
        try {
          count = in.read(buffer);
        } catch (IOException e) {
          assertThat(words()).as("%s", e).isEqualTo(recorded.words());
        }
        if (count < 0) {
          assertThat(words()).isEqualTo(recorded.words());
          return;
        }
        add(java.util.Arrays.copyOf(buffer, count));
      }
    }

    void add(byte[] bytes) {
      pending.writeBytes(bytes);
      ByteBuffer in = ByteBuffer.wrap(pending.toByteArray());
      while (in.remaining() >= 12) {
        int type = in.getShort(in.position());
        int length = type == 0 ? in.getInt(in.position() + 8) : 0;
        if (in.remaining() < 12 + length) {
          break;
        }
        frame(in, type);
      }
      pending.reset();
      pending.write(in.array(), in.position(), in.remaining());
    }

    private void frame(ByteBuffer in, int type) {
      int flag = in.getInt() & 0xffff;
      int stream = in.getInt();
      int length = in.getInt();
      if (type == 0) {
        byte[] payload = new byte[length];
        in.get(payload);
        data.computeIfAbsent(stream, id -> new ByteArrayOutputStream()).writeBytes(payload);
      }
      if (flag != 0 || type > 1) {
        String value = type == 0 ? "" : " " + length;
        flags.computeIfAbsent(stream, id -> new ArrayList<>()).add(type + "." + flag + value);
      }
    }

    /** Comparable: what each stream carries, and its flags. */
    private List<String> words() {
      List<String> words = new ArrayList<>();
      data.forEach((stream, bytes) -> words.add(stream + ": " + text(stream, bytes)));
      words.add(flags.toString());
      return words;
    }

    private static String text(int stream, ByteArrayOutputStream bytes) {
      byte[] all = bytes.toByteArray();
      if (stream != 1 || all.length < 5) {
        return HexFormat.of().formatHex(all);
      }
      ByteBuffer in = ByteBuffer.wrap(all);
      int kind = in.get();
      int length = in.getInt();
      if (in.remaining() < length) {
        return "incomplete";
      }
      return kind == 3 ? "SESSION_END " + in.getInt() : "HELLO " + hello(in);
    }

    /** The headers of HELLO; of the codecs the first: a side may have more. */
    private static Map<Integer, String> hello(ByteBuffer in) {
      Map<Integer, String> headers = new TreeMap<>();
      while (in.hasRemaining()) {
        int key = in.get();
        byte[] value = new byte[in.getShort()];
        in.get(value);
        String text = new String(value, StandardCharsets.ISO_8859_1);
        headers.put(key, key == 4 ? text.split(",", 2)[0] : text);
      }
      return headers;
    }
  }
}
