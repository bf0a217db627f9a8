package io.libchan.transport.http2.okhttp;

import io.libchan.Options;
import io.libchan.transport.http2.common.requests.Target;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.ConnectionPool;
import okhttp3.ConnectionSpec;
import okhttp3.Dispatcher;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** The client of one session: the application's settings, and connections of its own. */
final class Calls {
  private static final int IDLE_CONNECTIONS = 2;

  private final ConnectionPool pool = new ConnectionPool(IDLE_CONNECTIONS, 1, TimeUnit.MINUTES);
  private final OkHttpClient client;

  private static final class Plain {
    private static final OkHttpClient CLIENT =
        new OkHttpClient.Builder().connectionSpecs(List.of(ConnectionSpec.CLEARTEXT)).build();
  }

  /** Made when it is needed: reading the system's authorities takes time. */
  private static final class Tls {
    private static final OkHttpClient CLIENT = new OkHttpClient();
  }

  Calls(Target target, @Nullable OkHttpClient from, Options options) {
    client =
        (from != null ? from : target.isTls() ? Tls.CLIENT : Plain.CLIENT)
            .newBuilder()
            .connectionPool(pool)
            .dispatcher(new Dispatcher()) // no limit of it is for calls that have their own thread
            .protocols(
                target.isTls()
                    ? List.of(Protocol.HTTP_2, Protocol.HTTP_1_1) // it insists on the second
                    : List.of(Protocol.H2_PRIOR_KNOWLEDGE))
            .connectTimeout(options.connectTimeout())
            .readTimeout(options.handshakeTimeout()) // TLS's; bodies clear it
            .writeTimeout(Duration.ZERO)
            .callTimeout(Duration.ZERO)
            .pingInterval(options.keepAliveTimeout()) // two of them without an answer are the end
            .followRedirects(false)
            .followSslRedirects(false)
            .cache(null)
            .addNetworkInterceptor(Calls::connected)
            .build();
  }

  Call newCall(Request request) {
    return client.newCall(request);
  }

  private static Response connected(Interceptor.Chain chain) throws IOException {
    Connection connection = chain.connection();
    Body body = chain.request().tag(Body.class);
    if (connection == null || body == null) {
      throw new IOException("an interceptor has replaced the request");
    }
    if (connection.protocol() == Protocol.HTTP_1_1) {
      throw Failures.connect(
          connection.route().address().url().host() + " speaks TLS but not HTTP/2", null);
    }
    connection.socket().setTcpNoDelay(true); // OkHttp does not, and small frames would wait
    body.goesOver(connection);
    return chain.proceed(chain.request());
  }

  /** Closes connections, all of which are idle. */
  void close() {
    pool.evictAll();
  }

  /** Cuts a connection on which a write is stuck, without TLS's goodbye, which would wait too. */
  static void cut(Connection connection) {
    Socket socket = connection.socket();
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // It was closed already.
    }
  }
}
