/** libchan beside its peers, measured in one run. */
@NullMarked
package io.libchan.benchmarks;

import org.jspecify.annotations.NullMarked;
