package io.libchan.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * The process of one peer. Each line of its input names a case and milliseconds; it answers with a
 * line that holds an {@link Answer}. It ends with its input.
 */
final class Worker {
  private Worker() {}

  /**
   * What a cell came to.
   *
   * @param failure empty if there was none
   */
  record Answer(List<Measurement> measurements, String failure) {}

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err); // whatever a library prints is no answer
    ObjectMapper json = new ObjectMapper();
    try (Peer peer = Peers.start(args[0]);
        BufferedReader orders =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      answers.println(json.writeValueAsString(new Answer(List.of(), "")));
      for (String order = orders.readLine(); order != null; order = orders.readLine()) {
        answers.println(json.writeValueAsString(run(peer, order.split(" "))));
      }
    }
    System.exit(0); // threads of the libraries may be left
  }

  private static Answer run(Peer peer, String[] order) {
    try {
      Duration time = Duration.ofMillis(Long.parseLong(order[1]));
      return new Answer(Case.valueOf(order[0]).run(peer, time), "");
    } catch (Exception | Error e) {
      e.printStackTrace();
      return new Answer(List.of(), String.valueOf(e));
    }
  }
}
