/** Whole stacks under load, each side in a JVM of its own with a small heap. */
package io.libchan.it.scale;
