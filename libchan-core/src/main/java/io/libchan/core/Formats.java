package io.libchan.core;

import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.spi.Codec;
import io.libchan.spi.Services;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The codecs of a session, and the formats it has used. Thread-safe. */
final class Formats {
  private static final String PREFERRED = "msgpack";

  private final List<Codec> found = Services.codecs(); // held, so that sessions share them
  private final Map<String, Codec> codecs = new LinkedHashMap<>();
  private final Map<Key, Codec.Format> formats = new ConcurrentHashMap<>();
  private final Limits limits;

  private record Key(String codec, Type type) {}

  Formats(Options options) {
    limits = options.limits();
    Codec own = options.codec();
    if (own != null) {
      codecs.put(own.name(), own);
    }
    String first = options.codecName() == null ? PREFERRED : options.codecName();
    found.stream().filter(codec -> codec.name().equals(first)).forEach(this::add);
    found.forEach(this::add);
  }

  private void add(Codec codec) {
    codecs.putIfAbsent(codec.name(), codec);
  }

  /** What this side can decode, what it prefers first. */
  List<String> names() {
    return new ArrayList<>(codecs.keySet());
  }

  boolean has(@Nullable String codec) {
    return codec != null && codecs.containsKey(codec);
  }

  Codec.Format format(@Nullable String codec, Type type) {
    Codec known = codec == null ? null : codecs.get(codec);
    if (codec == null || known == null) {
      throw new IllegalStateException("no codec " + codec + "; here are " + codecs.keySet());
    }
    Key key = new Key(codec, type);
    Codec.Format format = formats.get(key); // nearly always there
    return format == null
        ? formats.computeIfAbsent(key, unused -> known.format(type, limits))
        : format;
  }
}
