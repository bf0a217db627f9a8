/** What sessions hold, for monitoring: meters and Flight Recorder events. */
package io.libchan.metrics;
