package io.libchan.core.sim;

/**
 * An end that is to be sent on.
 *
 * @param number which end it is, see {@link Letter#end}
 */
record Errand(int number, Object end) {}
