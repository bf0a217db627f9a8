/**
 * Where transports, codecs and the engine plug in. Applications do not need this package.
 *
 * <p>A transport gives the engine a {@link io.libchan.spi.ByteConnection} (one reliable two-way
 * pipe), a {@link io.libchan.spi.BodyConnection} (many pipes, for a stream each) or a {@link
 * io.libchan.spi.MuxConnection} (many streams of its own). A {@link io.libchan.spi.Codec} turns one
 * message into bytes. The {@link io.libchan.spi.Engine} is found at run time and knows neither.
 * Channel ends that applications hold are thin objects over a {@link io.libchan.spi.SendPort} or
 * {@link io.libchan.spi.ReceivePort}: ports never block, and blocking, selecting and asynchronous
 * waiting are built once, on top of them.
 */
package io.libchan.spi;
