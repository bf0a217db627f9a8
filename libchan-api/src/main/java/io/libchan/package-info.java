/**
 * Channels over the network: {@link io.libchan.Channel}, {@link io.libchan.Sender}, {@link
 * io.libchan.Receiver}, {@link io.libchan.ByteStream} and the {@link io.libchan.Session} that
 * carries them.
 */
package io.libchan;
