package io.libchan.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Channel;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Waits;

/** The service of spec/conformance.md, from the side of who asks. */
final class Service {
  private final Sender<Packet> commands;

  Service(Session session) throws Exception {
    commands = session.open("conformance", Packet.class, 8);
  }

  /** Sends a command, whatever its outcome will be. */
  Channel<Packet> ask(Packet command) throws Exception {
    Channel<Packet> reply = Channel.of(Packet.class, 1);
    commands.send(command.reply(reply.sender()), Waits.BOUND);
    return reply;
  }

  static Packet answer(Channel<Packet> reply) throws Exception {
    Packet answer = reply.receiver().receive(Waits.BOUND);
    assertThat(answer).isNotNull();
    assertThat(reply.receiver().receive(Waits.BOUND)).isNull();
    return answer;
  }

  Packet any(Packet command) throws Exception {
    return answer(ask(command));
  }

  Packet ok(Packet command) throws Exception {
    Packet answer = any(command);
    assertThat(answer.op()).as("%s", answer).isEqualTo("ok");
    return answer;
  }
}
