package io.libchan.cli.demo;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.cli.Lines;
import io.libchan.gateway.Dialer;
import io.libchan.gateway.GatewayOptions;
import io.libchan.spi.Codec;
import io.libchan.spi.Services;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/**
 * The demo on one transport: a listener, every check on a session of its own, then the figures.
 *
 * <p>Not thread-safe.
 */
final class Trial {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Endpoint endpoint;
  private final Options listening;
  private final Options connecting;
  private final Duration measured;
  private final List<Report.Failure> failures = new ArrayList<>();

  Trial(Endpoint endpoint, DemoKeys keys, Duration measured) {
    this.endpoint = endpoint;
    this.measured = measured;
    listening = endpoint.listening(keys).build();
    connecting = endpoint.connecting(keys).build();
  }

  Report run() throws InterruptedException {
    int passed = 0;
    List<Rates> rates = new ArrayList<>();
    Executor threads = listening.executor();
    try (EchoTarget echo = new EchoTarget(threads);
        Dialer dialer = Dialer.to(Set.of(echo.address()), GatewayOptions.DEFAULTS);
        Listener listener =
            Libchan.listen(
                endpoint.address(), listening, new Service(threads, dialer, echo.address()))) {
      for (Checks.Check check : Checks.ALL) {
        passed += attempt(check.name(), PATIENCE, listener, check.body()) ? 1 : 0;
      }
      attempt(
          "figures",
          PATIENCE.plus(measured.multipliedBy(3)),
          listener,
          session -> rates.add(Rates.measure(session, measured)));
    } catch (ChannelException | IllegalArgumentException e) {
      failures.add(new Report.Failure("listening", Lines.of(e)));
    }
    return new Report(endpoint.scheme(), codec(), passed, failures, rates);
  }

  private boolean attempt(String what, Duration patience, Listener listener, Checks.Body body)
      throws InterruptedException {
    Executor threads = connecting.executor();
    String why =
        Deadline.run(
            threads,
            patience,
            () -> {
              try (Session session = Libchan.connect(listener.uri().toString(), connecting)) {
                body.run(session);
              }
            });
    if (!why.isEmpty()) {
      failures.add(new Report.Failure(what, why));
    }
    return why.isEmpty();
  }

  /** The codec that is used where none is asked for. */
  private String codec() {
    List<String> names = Services.codecs().stream().map(Codec::name).toList();
    return names.contains("msgpack") ? "msgpack" : String.join(" ", names);
  }
}
