package io.libchan.spi;

import java.io.FileDescriptor;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * A byte connection between processes of one machine that can pass open descriptors along with its
 * bytes. They arrive in the order in which they were passed, and no later than the first of the
 * bytes that they were passed with. Rules FD-1, FD-2.
 *
 * <p>Thread-safe.
 */
public interface DescriptorConnection extends ByteConnection {
  /** Whether the peer runs as the user that this process runs as. */
  boolean isSameUser();

  /**
   * Takes descriptors from the peer. Called before {@link #start}, or never: then the system drops
   * those that come.
   *
   * @param taker gets each, and owns it; called as {@link ByteConnection.Handler#received} is, and
   *     before it for the bytes that a descriptor came with
   */
  void takeDescriptors(Consumer<Descriptor> taker);

  /**
   * Passes a descriptor with the bytes that {@link ByteConnection.Handler#fill} is writing; to be
   * called only from there, and followed by at least one byte.
   *
   * @param descriptor closed by the connection when it was written, or never will be
   * @return false if this write carries as many as it can: nothing was taken, {@link #isFull} tells
   *     so until {@code fill} is called again
   */
  boolean pass(Descriptor descriptor);

  /** Whether the write that is being filled carries as many descriptors as it can. */
  boolean isFull();

  /**
   * Makes another descriptor of the same open file, pipe or socket.
   *
   * @throws IOException if it is closed, or the process has too many
   */
  Descriptor duplicate(FileDescriptor open) throws IOException;
}
