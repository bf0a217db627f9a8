/** Ends that travel, over real sessions. */
package io.libchan.it.forward;
