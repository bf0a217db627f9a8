@org.jspecify.annotations.NullMarked
package io.libchan.it.vectors;
