package io.libchan.it;

import io.libchan.testkit.Capability;
import io.libchan.testkit.ChannelContract;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;

final class InmemMsgpackTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "inmem:" + UUID.randomUUID();
  }

  @Override
  public String codec() {
    return "msgpack";
  }

  @Override
  public Set<Capability> capabilities() {
    return EnumSet.of(Capability.BYTE_CONNECTION);
  }
}
