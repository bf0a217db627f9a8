package io.libchan.cli.exec;

import java.util.Set;

/**
 * Which commands a server runs.
 *
 * <p>Thread-safe: immutable.
 *
 * @param commands the names as peers must give them; empty for every command
 */
record Allowed(Set<String> commands) {
  Allowed {
    commands = Set.copyOf(commands);
  }

  boolean permits(String command) {
    return commands.isEmpty() || commands.contains(command);
  }
}
