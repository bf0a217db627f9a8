package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.ConnectFailed;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Session;
import io.libchan.SessionHandler;
import io.libchan.core.reference.ReferenceSession;
import io.libchan.core.yamux.BodyMux;
import io.libchan.core.yamux.YamuxConnection;
import io.libchan.spi.BodyConnection;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Connection;
import io.libchan.spi.DescriptorConnection;
import io.libchan.spi.Engine;
import io.libchan.spi.Environment;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.Transport;
import java.net.URI;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** The engine. Thread-safe. */
public final class CoreEngine implements Engine {
  /** For the service loader. */
  public CoreEngine() {}

  @Override
  public Session connect(Transport transport, URI uri, Options options)
      throws ChannelException, InterruptedException {
    Connection connection = transport.connect(uri, options);
    CompletionStage<Session> started =
        start(connection, true, options, new SystemEnvironment(options.executor()));
    try {
      return started.toCompletableFuture().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ConnectFailed failed) {
        throw new ConnectFailed(failed.reason(), failed);
      }
      throw new ConnectFailed(
          Reason.of(ReasonCode.INTERNAL, String.valueOf(e.getCause())), e.getCause());
    } catch (InterruptedException e) {
      started.whenComplete(
          (session, failure) -> {
            if (session != null) {
              session.abort(Reason.of(ReasonCode.CANCELLED, "the connecting thread gave up"));
            }
          });
      throw e;
    }
  }

  @Override
  public Listener listen(Transport transport, URI uri, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException {
    CoreListener listener = new CoreListener(this, options, handler);
    listener.bind(transport.listen(uri, options, listener::accepted));
    return listener;
  }

  @Override
  public CompletionStage<Session> start(
      Connection connection, boolean connecting, Options options, Environment environment) {
    return running(connection, connecting, options, environment).start();
  }

  /** A session of the wire that the connection speaks. */
  static RunningSession running(
      Connection connection, boolean connecting, Options options, Environment environment) {
    return connection instanceof MuxConnection streams && streams.dialect() != null
        ? new ReferenceSession(streams, connecting, options, environment)
        : session(connection, connecting, options, environment);
  }

  static CoreSession session(
      Connection connection, boolean connecting, Options options, Environment environment) {
    MuxConnection mux = mux(connection, connecting, options, environment);
    DescriptorConnection passing =
        connection instanceof DescriptorConnection descriptors ? descriptors : null;
    return new CoreSession(mux, passing, connecting, options, environment);
  }

  private static MuxConnection mux(
      Connection connection, boolean connecting, Options options, Environment environment) {
    if (connection instanceof ByteConnection bytes) {
      return new YamuxConnection(
          bytes,
          connecting,
          options.limits(),
          options.keepAliveInterval(),
          options.keepAliveTimeout(),
          environment);
    }
    if (connection instanceof BodyConnection bodies) {
      return new BodyMux(bodies, connecting, options, environment);
    }
    return (MuxConnection) connection;
  }
}
