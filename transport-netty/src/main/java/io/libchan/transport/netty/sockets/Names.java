package io.libchan.transport.netty.sockets;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Looks up host names, bounded in time although the JDK's own look-up is not. */
public final class Names {
  private Names() {}

  /** All addresses of a host, at least one. */
  public static List<InetSocketAddress> resolve(Address address, Options options)
      throws ConnectFailed, InterruptedException {
    FutureTask<InetAddress[]> lookUp =
        new FutureTask<>(() -> InetAddress.getAllByName(address.host()));
    if (address.isLiteral()) {
      lookUp.run();
    } else {
      options.executor().execute(lookUp);
    }
    Duration bound = options.connectTimeout();
    try {
      List<InetSocketAddress> found = new ArrayList<>();
      for (InetAddress one : lookUp.get(bound.toNanos(), TimeUnit.NANOSECONDS)) {
        found.add(new InetSocketAddress(one, address.port()));
      }
      return found;
    } catch (TimeoutException e) {
      throw Failures.connect(
          "looking up " + address.host() + " took longer than " + bound.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownHostException) {
        throw Failures.connect("unknown host " + address.host(), e.getCause());
      }
      throw Failures.connect("cannot look up " + address.host() + ": " + e.getCause(), e);
    }
  }
}
