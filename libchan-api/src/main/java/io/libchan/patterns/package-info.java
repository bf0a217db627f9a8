/**
 * Small patterns over channels, the same for ends in this process and at a peer:
 *
 * <ul>
 *   <li>{@link io.libchan.patterns.Workers}: competing consumers. Workers register a channel, jobs
 *       go to one with room, and the jobs of one that dies to another.
 *   <li>{@link io.libchan.patterns.Broadcast}: everybody hears everything; who is too slow misses
 *       messages, and hears how many.
 *   <li>{@link io.libchan.patterns.Latest}: everybody hears the newest value, and never a backlog.
 *   <li>{@link io.libchan.patterns.OneShot}: exactly one message, as a promise.
 * </ul>
 *
 * <p>None of them holds a thread, and none waits for a peer that is slow. Each end that takes part
 * is an ordinary {@link io.libchan.Sender}, so it may have come in a message from anywhere.
 */
package io.libchan.patterns;
