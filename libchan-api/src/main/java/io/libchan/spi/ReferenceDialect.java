package io.libchan.spi;

/** Which of the Go reference's two wires a peer speaks. They are told apart by rule SPDY-7. */
public enum ReferenceDialect {
  /** The one since September 2015, that Go programs are built with today. */
  HEAD,
  /** The one before, which jschan still speaks. */
  JSCHAN
}
