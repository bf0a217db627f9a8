package io.libchan.it.spdy;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.tls.TlsOptions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Nested;

/** The table, four times: who connects, and whether there is TLS. */
final class GoPeerTest {
  @Nested
  final class GoListens extends Listens {
    GoListens() {
      super(false);
    }
  }

  @Nested
  final class GoListensWithTls extends Listens {
    GoListensWithTls() {
      super(true);
    }
  }

  @Nested
  final class GoConnects extends Connects {
    GoConnects() {
      super(false);
    }
  }

  @Nested
  final class GoConnectsWithTls extends Connects {
    GoConnectsWithTls() {
      super(true);
    }
  }

  abstract static class Listens extends GoCases {
    private final boolean tls;
    private final Keys keys;
    private GoPeer peer;
    private String address;

    Listens(boolean tls) {
      this.tls = tls;
      keys = tls ? Keys.make() : null;
    }

    @Override
    Session fresh() throws Exception {
      if (peer == null) {
        peer =
            tls
                ? GoPeer.start("listen", "127.0.0.1:0", keys.cert.toString(), keys.key.toString())
                : GoPeer.start("listen", "127.0.0.1:0");
        address = peer.address();
      }
      Options options =
          tls
              ? OPTIONS.toBuilder().with(TlsOptions.builder().trust(keys.cert).build()).build()
              : OPTIONS;
      return Libchan.connect((tls ? "spdys://" : "spdy://") + address, options);
    }

    @Override
    void end() {
      if (peer != null) {
        peer.close();
      }
    }
  }

  abstract static class Connects extends GoCases {
    private final boolean tls;
    private final LinkedBlockingQueue<Session> sessions = new LinkedBlockingQueue<>();
    private final Deque<GoPeer> peers = new ArrayDeque<>();
    private Listener listener;

    Connects(boolean tls) {
      this.tls = tls;
    }

    @Override
    Session fresh() throws Exception {
      if (listener == null) {
        GoPeer.program();
        Options options = OPTIONS;
        if (tls) {
          Keys keys = Keys.make();
          options =
              OPTIONS.toBuilder()
                  .with(TlsOptions.builder().key(keys.cert, keys.key).build())
                  .build();
        }
        listener =
            Libchan.listen((tls ? "spdys" : "spdy") + "://127.0.0.1:0", options, sessions::add);
      }
      sessions.clear(); // of a peer that connects again
      String address = "127.0.0.1:" + listener.uri().getPort();
      peers.add(tls ? GoPeer.start("connect", address, "tls") : GoPeer.start("connect", address));
      return sessions.take();
    }

    @Override
    void end() {
      peers.forEach(GoPeer::close);
      if (listener != null) {
        listener.close();
      }
    }
  }

  /** A key and its certificate, as files. */
  record Keys(Path key, Path cert) {
    static Keys make() {
      try {
        X509Bundle bundle =
            new CertificateBuilder()
                .subject("CN=localhost")
                .addSanIpAddress("127.0.0.1")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        Path folder = Files.createTempDirectory("go-spdy");
        Path key = Files.writeString(folder.resolve("key.pem"), bundle.getPrivateKeyPEM());
        Path cert = Files.writeString(folder.resolve("cert.pem"), bundle.getCertificatePEM());
        return new Keys(key, cert);
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    }
  }
}
