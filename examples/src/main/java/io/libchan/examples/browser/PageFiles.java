package io.libchan.examples.browser;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** The page, and the JavaScript client beside it; all of it comes from the class path. */
final class PageFiles extends Handler.Abstract {
  private static final Pattern SCRIPT =
      Pattern.compile("/(libchan|msgpack)(/[a-zA-Z0-9_-]+)*/[a-zA-Z0-9_-]+\\.m?js");

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    String path = request.getHttpURI().getCanonicalPath();
    byte[] content = content(path);
    if (content == null) {
      Response.writeError(request, response, callback, 404);
      return true;
    }
    response
        .getHeaders()
        .put(HttpHeader.CONTENT_TYPE, path.endsWith("js") ? "text/javascript" : type(path));
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-cache");
    response.write(true, ByteBuffer.wrap(content), callback);
    return true;
  }

  private static String type(String path) {
    return path.endsWith(".css") ? "text/css" : "text/html; charset=utf-8";
  }

  private static byte @Nullable [] content(String path) throws IOException {
    return switch (path) {
      case "/" -> resource(PageFiles.class.getResourceAsStream("index.html"));
      case "/page.js", "/page.css" ->
          resource(PageFiles.class.getResourceAsStream(path.substring(1)));
      default ->
          SCRIPT.matcher(path).matches()
              ? resource(
                  PageFiles.class.getClassLoader().getResourceAsStream("META-INF/resources" + path))
              : null;
    };
  }

  private static byte @Nullable [] resource(@Nullable InputStream stream) throws IOException {
    try (stream) {
      return stream == null ? null : stream.readAllBytes();
    }
  }
}
