package io.libchan.cli.exec;

import io.libchan.ByteStream;
import io.libchan.Sender;
import java.io.InputStream;
import java.util.List;

/**
 * A {@link Command} as the client writes it, with the same fields. Both outputs are byte streams
 * here: only a byte stream tells its reader whether it ended or broke, so that output which was cut
 * off never passes for complete.
 *
 * <p>Thread-safe: immutable.
 *
 * @param Cmd as in {@link Command}
 * @param Args as in {@link Command}
 * @param Stdin as in {@link Command}
 * @param Stdout the server's end, which it writes to
 * @param Stderr the server's end, which it writes to
 * @param StatusChan as in {@link Command}
 */
record Request(
    String Cmd,
    List<String> Args,
    InputStream Stdin,
    ByteStream Stdout,
    ByteStream Stderr,
    Sender<Status> StatusChan) {}
