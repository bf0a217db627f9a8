package io.libchan.core.sim;

/**
 * An end that is to be sent on, and on whose letters.
 *
 * @param number which end it is, see {@link Letter#end}
 * @param end the end itself
 * @param carrier the letter it waits for
 */
record Errand(int number, Object end, Carrier carrier) {
  int line() {
    return number / 2;
  }
}
