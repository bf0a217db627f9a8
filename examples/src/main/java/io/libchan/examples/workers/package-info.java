/**
 * Workers that register themselves. A dispatcher listens; workers connect, from anywhere, and send
 * it the channel on which they take jobs. Jobs go round the workers; when one dies, the job it had
 * goes to another. {@link io.libchan.examples.workers.SelfRegisteringWorkers} runs it all.
 */
package io.libchan.examples.workers;
