package io.libchan.metrics;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;

/** What one session holds, once a second; see {@link FlightRecords}. */
@Name("io.libchan.Session")
@Label("libchan session")
@Category("libchan")
@Description("What a session holds")
@Period("1 s")
@StackTrace(false)
final class SessionEvent extends Event {
  @Label("Peer")
  String peer = "";

  @Label("Transport")
  String transport = "";

  @Label("Streams")
  int streams;

  @Label("Relayed streams")
  int relayed;

  @Label("Pending messages")
  long pendingMessages;

  @Label("Unread")
  @DataAmount
  long unreadBytes;

  @Label("Queued")
  @DataAmount
  long queuedBytes;
}
