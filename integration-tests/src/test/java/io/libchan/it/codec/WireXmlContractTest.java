package io.libchan.it.codec;

/** The whole contract with xml over every wire. */
final class WireXmlContractTest extends WireContract {
  @Override
  public String codec() {
    return "xml";
  }
}
