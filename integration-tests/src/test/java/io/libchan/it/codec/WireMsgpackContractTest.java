package io.libchan.it.codec;

/** The whole contract with msgpack over every wire. */
final class WireMsgpackContractTest extends WireContract {
  @Override
  public String codec() {
    return "msgpack";
  }
}
