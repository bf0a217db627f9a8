/**
 * Channels for code made of {@link java.util.concurrent.CompletableFuture} and {@link
 * java.util.concurrent.Flow}: adapters at the edge, without a thread per wait.
 */
package io.libchan.async;
