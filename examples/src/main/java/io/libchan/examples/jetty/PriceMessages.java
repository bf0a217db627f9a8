package io.libchan.examples.jetty;

import io.libchan.Sender;

/** What goes over the channel {@code watch}. */
final class PriceMessages {
  private PriceMessages() {}

  /** Asks for every price of an article, from now on. */
  record Watch(String article, Sender<Price> prices) {}

  /** A price, and who was told. */
  record Price(String article, int cents, String customer) {}
}
