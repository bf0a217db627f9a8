package io.libchan.conformance;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks a peer, rule by rule, whether it keeps {@code spec/protocol.md}; what the peer has to offer
 * for it is in {@code spec/conformance.md}.
 *
 * <p>Not thread-safe.
 */
public final class Conformance implements AutoCloseable {
  /** What is to blame when the peer does not offer what a test needs. */
  static final String SERVICE = "service";

  /** What is to blame when there is no connection to the peer. */
  static final String CONNECTION = "connection";

  private static final int STEPS = 6; // a case that waits more often than that has lost its way

  private final Sockets peer;
  private final Settings settings;

  private Conformance(Sockets peer, Settings settings) {
    this.peer = peer;
    this.settings = settings;
  }

  /**
   * To a peer that listens.
   *
   * @param uri {@code tcp://host:port}, {@code tls://host:port}, whose certificate is not checked,
   *     or {@code unix:/path}
   * @param settings how the run goes
   * @throws IllegalArgumentException if the URI is another one
   */
  public static Conformance to(String uri, Settings settings) {
    return new Conformance(Sockets.to(URI.create(uri), settings.patience()), settings);
  }

  /**
   * For a peer that will connect.
   *
   * @param uri {@code tcp://host:port}; port 0 takes a free one
   * @param settings how the run goes
   * @throws IOException if it can't listen there
   * @throws IllegalArgumentException if the URI is another one
   */
  public static Conformance at(String uri, Settings settings) throws IOException {
    return new Conformance(Sockets.at(URI.create(uri), settings.patience()), settings);
  }

  /** Where the peer is, or is to connect to. */
  public String uri() {
    return peer.uri().toString();
  }

  /**
   * Runs the cases, if the peer offers what they need; else what came of that is all there is.
   *
   * @return what came of them
   * @throws IOException if there is no connection to the peer in the first place
   * @throws IllegalArgumentException if the settings name a rule that the specification does not
   *     have
   * @throws InterruptedException if the thread is interrupted; cases that are under way are given
   *     up
   */
  public Report run() throws IOException, InterruptedException {
    Map<String, String> rules = Rules.all();
    String only = settings.rule();
    if (only != null && rules.keySet().stream().noneMatch(rule -> isOf(rule, only))) {
      throw new IllegalArgumentException("no rule " + only + " in the specification");
    }
    Map<String, List<Finding>> findings = new LinkedHashMap<>();
    Case first = new Case(SERVICE, "the service answers", false, tester -> tester.talk().alive());
    try (Clock clock = new Clock()) {
      Result result = run(first, clock);
      if (result.rule().equals(CONNECTION)) {
        throw new IOException("no connection to " + uri() + ": " + result.finding().seen());
      }
      if (!add(findings, first, result)) {
        rules.keySet().retainAll(findings.keySet());
        return report(rules, findings, null);
      }
      runAll(Cases.all().stream().filter(one -> isOf(one.rule(), only)).toList(), findings, clock);
    }
    return report(rules, findings, only);
  }

  /** Whether a rule is the one that is asked for, or of the group. */
  private static boolean isOf(String rule, @Nullable String only) {
    return only == null || rule.equals(only) || rule.startsWith(only + "-");
  }

  private void runAll(List<Case> cases, Map<String, List<Finding>> findings, Clock clock)
      throws InterruptedException {
    boolean oneByOne = !peer.isConnecting() || settings.trace() != null;
    ExecutorService pool =
        Executors.newFixedThreadPool(oneByOne ? 1 : settings.jobs(), Clock::daemon);
    try {
      List<Callable<Result>> tasks = new ArrayList<>();
      cases.forEach(one -> tasks.add(() -> run(one, clock)));
      List<Future<Result>> results = pool.invokeAll(tasks);
      for (int i = 0; i < cases.size(); i++) {
        boolean unused = add(findings, cases.get(i), results.get(i).get());
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException("a case failed to run", e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  /** What came of a case, and the rule that it is about. */
  private record Result(String rule, Finding finding) {}

  private Result run(Case one, Clock clock) throws InterruptedException {
    Consumer<String> trace = settings.trace() == null ? event -> {} : settings.trace();
    trace.accept(one.rule() + ": " + one.title());
    try (Tester tester = new Tester(peer, settings.patience(), one.rule(), trace)) {
      ScheduledFuture<?> bound = clock.after(tester, STEPS * settings.patience().toNanos());
      try {
        one.script().run(tester);
        tester.check();
      } finally {
        boolean unused = bound.cancel(false);
      }
      return new Result(one.rule(), new Finding(one.title(), Outcome.PASS, "", ""));
    } catch (Broken e) {
      boolean note = one.should() && e.rule.equals(one.rule());
      return new Result(
          e.rule, new Finding(one.title(), note ? Outcome.NOTE : Outcome.FAIL, e.expected, e.seen));
    } catch (NotApplicable e) {
      String why = String.valueOf(e.getMessage());
      return new Result(one.rule(), new Finding(one.title(), Outcome.NOT_APPLICABLE, "", why));
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      return new Result(
          one.rule(),
          new Finding(
              one.title(), Outcome.FAIL, "a peer that the tester understands", e.toString()));
    }
  }

  /** Whether the case passed. */
  private static boolean add(Map<String, List<Finding>> findings, Case one, Result result) {
    findings.computeIfAbsent(result.rule(), rule -> new ArrayList<>()).add(result.finding());
    if (!result.rule().equals(one.rule())) {
      untested(findings, one, result.rule() + " was broken on the way");
    }
    return result.finding().outcome() == Outcome.PASS;
  }

  private static void untested(Map<String, List<Finding>> findings, Case one, String why) {
    findings
        .computeIfAbsent(one.rule(), rule -> new ArrayList<>())
        .add(new Finding(one.title(), Outcome.UNTESTED, "", why));
  }

  private static Report report(
      Map<String, String> rules, Map<String, List<Finding>> findings, @Nullable String only) {
    List<Line> lines = new ArrayList<>();
    for (String pseudo : List.of(CONNECTION, SERVICE)) {
      String sentence = "What spec/conformance.md asks for.";
      Line line = new Line(pseudo, sentence, findings.getOrDefault(pseudo, List.of()));
      if (line.outcome().compareTo(Outcome.PASS) > 0) {
        lines.add(line);
      }
    }
    rules.forEach(
        (rule, sentence) -> {
          if (isOf(rule, only) || findings.containsKey(rule)) {
            lines.add(new Line(rule, sentence, findings.getOrDefault(rule, List.of())));
          }
        });
    return new Report(lines);
  }

  /** Stops to listen, if it does. */
  @Override
  public void close() {
    peer.close();
  }

  /** Ends cases that take too long. Thread-safe. */
  private static final class Clock implements AutoCloseable {
    private final ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(Clock::daemon);

    static Thread daemon(Runnable task) {
      Thread thread = new Thread(task, "libchan-conformance");
      thread.setDaemon(true);
      return thread;
    }

    ScheduledFuture<?> after(Tester tester, long nanos) {
      return timer.schedule(tester::close, nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
      timer.shutdownNow();
    }
  }
}
