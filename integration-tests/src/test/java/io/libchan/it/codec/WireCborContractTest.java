package io.libchan.it.codec;

/** The whole contract with cbor over every wire. */
final class WireCborContractTest extends WireContract {
  @Override
  public String codec() {
    return "cbor";
  }
}
