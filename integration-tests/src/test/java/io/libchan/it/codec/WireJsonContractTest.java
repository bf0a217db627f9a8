package io.libchan.it.codec;

/** The whole contract with json over every wire. */
final class WireJsonContractTest extends WireContract {
  @Override
  public String codec() {
    return "json";
  }
}
