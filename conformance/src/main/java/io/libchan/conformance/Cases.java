package io.libchan.conformance;

import java.util.ArrayList;
import java.util.List;

/** The cases there are, in the order of the specification. Not thread-safe. */
final class Cases {
  private final List<Case> all = new ArrayList<>();

  /** Every case. */
  static List<Case> all() {
    Cases cases = new Cases();
    MuxCases.addTo(cases);
    WindowCases.addTo(cases);
    PreambleCases.addTo(cases);
    ControlCases.addTo(cases);
    FrameCases.addTo(cases);
    ChannelCases.addTo(cases);
    EndCases.addTo(cases);
    AttachmentCases.addTo(cases);
    ByteCases.addTo(cases);
    ForwardCases.addTo(cases);
    CodecCases.addTo(cases);
    return List.copyOf(cases.all);
  }

  void must(String rule, String title, Script script) {
    all.add(new Case(rule, title, false, script));
  }

  void should(String rule, String title, Script script) {
    all.add(new Case(rule, title, true, script));
  }
}
