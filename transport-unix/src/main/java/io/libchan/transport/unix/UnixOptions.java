package io.libchan.transport.unix;

import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is special to Unix sockets. Added by {@link io.libchan.Options.Builder#with}.
 *
 * <p>Thread-safe: immutable.
 */
public final class UnixOptions {
  /** Everything at its default. */
  public static final UnixOptions DEFAULTS = builder().build();

  private final @Nullable Set<Long> allowedUids;
  private final boolean everyUid;
  private final Set<PosixFilePermission> socketMode;
  private final boolean directoryChecked;
  private final int backlog;

  private UnixOptions(Builder from) {
    allowedUids = from.allowedUids;
    everyUid = from.everyUid;
    socketMode = from.socketMode;
    directoryChecked = from.directoryChecked;
    backlog = from.backlog;
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /** The users that the peer may be of; null, the default, is this process's own alone. */
  public @Nullable Set<Long> allowedUids() {
    return allowedUids;
  }

  /** Whether the peer may be of any user; false by default. */
  public boolean everyUid() {
    return everyUid;
  }

  /**
   * The permissions of a socket's file; {@code rw-------} by default. Whoever may not write it
   * can't connect; the user is checked all the same, as an abstract name has no permissions.
   */
  public Set<PosixFilePermission> socketMode() {
    return socketMode;
  }

  /** Whether a listener refuses a directory where others could replace its socket; true. */
  public boolean directoryChecked() {
    return directoryChecked;
  }

  /** How many connections may wait to be accepted; 1,024 by default, the system may cut it. */
  public int backlog() {
    return backlog;
  }

  boolean admits(long uid, long own) {
    return everyUid || (allowedUids == null ? uid == own : allowedUids.contains(uid));
  }

  /** Builds {@link UnixOptions}. Not thread-safe. */
  public static final class Builder {
    private @Nullable Set<Long> allowedUids;
    private boolean everyUid;
    private Set<PosixFilePermission> socketMode = PosixFilePermissions.fromString("rw-------");
    private boolean directoryChecked = true;
    private int backlog = 1024;

    private Builder() {}

    /**
     * Sets {@link UnixOptions#allowedUids()}: users whose connections a listener takes, and whose
     * listeners are connected to.
     */
    public Builder allowedUids(Set<Long> value) {
      allowedUids = Set.copyOf(value);
      return this;
    }

    /** Sets {@link UnixOptions#everyUid()}: whoever can connect is let in. */
    public Builder everyUid(boolean value) {
      everyUid = value;
      return this;
    }

    /** Sets {@link UnixOptions#socketMode()}. */
    public Builder socketMode(Set<PosixFilePermission> value) {
      socketMode = Set.copyOf(value);
      return this;
    }

    /** Sets {@link UnixOptions#directoryChecked()}. */
    public Builder directoryChecked(boolean value) {
      directoryChecked = value;
      return this;
    }

    /** Sets {@link UnixOptions#backlog()}, at least 1. */
    public Builder backlog(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("a backlog of " + value);
      }
      backlog = value;
      return this;
    }

    /** The options. */
    public UnixOptions build() {
      return new UnixOptions(this);
    }
  }
}
