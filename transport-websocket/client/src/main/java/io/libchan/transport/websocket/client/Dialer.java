package io.libchan.transport.websocket.client;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.websocket.internal.Address;
import io.libchan.transport.websocket.internal.Failures;
import io.libchan.transport.websocket.internal.TlsErrors;
import java.io.IOException;
import java.security.Principal;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.Handshake;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import okio.Socket;
import org.jspecify.annotations.Nullable;

/** Makes one connection. Used once. */
final class Dialer {
  private final Address address;
  private final Options options;
  private final WebSocketClientOptions own;
  private final Upgrade upgrade;

  Dialer(Address address, Options options) {
    this.address = address;
    this.options = options;
    own = WebSocketClientOptions.of(options);
    upgrade = new Upgrade(address, own);
  }

  ClientConnection connect() throws ConnectFailed, InterruptedException {
    Call call = client().newCall(upgrade.request());
    CompletableFuture<Response> answer = new CompletableFuture<>();
    options.executor().execute(() -> ask(call, answer));
    try {
      // OkHttp's own time-out comes first and has the better words.
      return connection(
          answer.get(options.connectTimeout().toMillis() + 1000, TimeUnit.MILLISECONDS));
    } catch (InterruptedException | TimeoutException e) {
      call.cancel();
      CompletableFuture<Response> unused =
          answer.whenComplete((response, failure) -> discard(response));
      if (e instanceof InterruptedException interrupted) {
        throw interrupted;
      }
      throw Failures.notConnected(
          address, options.connectTimeout().toMillis(), new java.net.SocketTimeoutException());
    } catch (ExecutionException e) {
      throw failure(e.getCause() == null ? e : e.getCause());
    }
  }

  private OkHttpClient client() throws ConnectFailed {
    OkHttpClient base = own.client();
    if (base == null) {
      base = address.isTls() ? Clients.withTls(TlsOptions.of(options)) : Clients.plain();
    }
    Duration connect = options.connectTimeout();
    Duration handshake = options.handshakeTimeout();
    return base.newBuilder()
        .protocols(List.of(Protocol.HTTP_1_1)) // what a WebSocket is asked for with
        .connectTimeout(connect)
        .callTimeout(connect)
        .readTimeout(handshake.compareTo(connect) < 0 ? handshake : connect)
        .writeTimeout(Duration.ZERO)
        .pingInterval(Duration.ZERO)
        .addNetworkInterceptor(Dialer::sendAtOnce)
        .build();
  }

  /**
   * OkHttp does not, and a small frame would wait for the answer of the system to the one before.
   */
  private static Response sendAtOnce(Interceptor.Chain chain) throws IOException {
    Connection connection = chain.connection();
    if (connection != null) {
      connection.socket().setTcpNoDelay(true);
    }
    return chain.proceed(chain.request());
  }

  private static void ask(Call call, CompletableFuture<Response> answer) {
    try {
      Response response = call.execute();
      if (!answer.complete(response)) {
        discard(response);
      }
    } catch (IOException | RuntimeException | Error e) {
      answer.completeExceptionally(e);
    }
  }

  private static void discard(@Nullable Response response) {
    if (response == null) {
      return;
    }
    Socket socket = response.socket();
    if (socket == null) {
      response.close();
    } else {
      Sockets.release(socket);
    }
  }

  private ClientConnection connection(Response response) throws ConnectFailed {
    String refused = upgrade.refusal(response);
    Socket socket = response.socket();
    if (refused != null || socket == null) {
      discard(response);
      throw Failures.connect(refused == null ? address + " did not upgrade" : refused, null);
    }
    return new ClientConnection(socket, peer(response), options, own.maxMessageBytes());
  }

  private PeerInfo peer(Response response) {
    Handshake handshake = response.handshake();
    if (handshake == null) {
      return PeerInfo.of("ws", address.toString());
    }
    List<Certificate> chain = handshake.peerCertificates();
    Principal principal = handshake.peerPrincipal();
    return new PeerInfo("wss", address.toString(), "", principal, chain);
  }

  private ConnectFailed failure(Throwable cause) {
    if (address.isTls() && TlsErrors.isTls(cause)) {
      return TlsErrors.handshake(address, options.handshakeTimeout().toMillis(), cause);
    }
    return Failures.notConnected(address, options.connectTimeout().toMillis(), cause);
  }
}
