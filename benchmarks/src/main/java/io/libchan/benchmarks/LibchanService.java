package io.libchan.benchmarks;

import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.async.Async;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.LongAdder;

/** The server of {@link LibchanPeer}: a thread for each kind of channel. */
final class LibchanService {
  private final BlockingQueue<Received> tallies = new LinkedBlockingQueue<>();
  private final LongAdder onStreams = new LongAdder();
  private final ExecutorService takers =
      Executors.newFixedThreadPool(2, Threads.named("libchan-serve-streams"));

  private interface Step {
    void run(Session peer) throws Exception;
  }

  /** What the next stream that ended has received; waits for it. */
  Received nextTally() throws InterruptedException {
    return tallies.take();
  }

  long receivedOnStreams() {
    return onStreams.sum();
  }

  void serve(Session peer) {
    keepServing(peer, "count", this::count);
    keepServing(peer, "streams", this::countOneOfMany);
    keepServing(peer, "bulk", this::read);
    keepServing(peer, "messages", this::countMessages);
    keepServing(peer, "echo", LibchanService::echo);
    keepServing(peer, "answer", LibchanService::answer);
    keepServing(peer, "keep", LibchanService::keep);
    keepServing(peer, "files", LibchanService::readFiles);
  }

  private static void keepServing(Session peer, String name, Step step) {
    Threads.named("libchan-serve-" + name).newThread(() -> repeat(peer, step)).start();
  }

  private static void repeat(Session peer, Step step) {
    try {
      for (; ; ) {
        step.run(peer);
      }
    } catch (IOException e) {
      // The session is over, and with it the service.
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void count(Session peer) throws Exception {
    tallies.add(tally(peer.accept("count", Sample.class)));
  }

  static Received tally(Receiver<Sample> samples) throws Exception {
    Tally tally = new Tally();
    for (Sample sample = samples.receive(); sample != null; sample = samples.receive()) {
      tally.add(sample.id(), sample);
    }
    return tally.received();
  }

  /** Two threads receive from all of them. */
  private void countOneOfMany(Session peer) throws Exception {
    Receiver<Sample> samples = peer.accept("streams", Sample.class);
    Async.publisher(samples, takers).subscribe(new Counting());
  }

  private final class Counting implements Flow.Subscriber<Sample> {
    private final Tally tally = new Tally();

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(Sample sample) {
      tally.add(sample.id(), sample);
      onStreams.increment();
    }

    @Override
    public void onError(Throwable failure) {
      tallies.add(tally.received());
    }

    @Override
    public void onComplete() {
      tallies.add(tally.received());
    }
  }

  private void read(Session peer) throws Exception {
    Receiver<LibchanPeer.Upload> uploads = peer.accept("bulk", LibchanPeer.Upload.class);
    for (LibchanPeer.Upload upload = uploads.receive();
        upload != null;
        upload = uploads.receive()) {
      byte[] chunk = new byte[Chunks.BULK.bytes()];
      Tally tally = Chunks.tally(chunk.length);
      InputStream in = upload.bytes().input();
      while (in.readNBytes(chunk, 0, chunk.length) == chunk.length) {
        tally.add(Chunks.id(chunk), chunk);
      }
      tallies.add(tally.received());
    }
  }

  private void countMessages(Session peer) throws Exception {
    Receiver<LibchanPeer.Blob> blobs = peer.accept("messages", LibchanPeer.Blob.class);
    Tally tally = null;
    for (LibchanPeer.Blob blob = blobs.receive(); blob != null; blob = blobs.receive()) {
      if (tally == null) {
        tally = Chunks.tally(blob.data().length);
      }
      tally.add(Chunks.id(blob.data()), blob);
    }
    tallies.add(tally == null ? new Received(0, 0) : tally.received());
  }

  private static void echo(Session peer) throws Exception {
    Receiver<LibchanPeer.Request> requests = peer.accept("echo", LibchanPeer.Request.class);
    LibchanPeer.Request first = requests.receive();
    if (first == null) {
      return;
    }
    try (Sender<Sample> back = first.reply()) {
      back.send(first.sample());
      for (LibchanPeer.Request next = requests.receive(); next != null; next = requests.receive()) {
        back.send(next.sample());
      }
    }
  }

  private static void answer(Session peer) throws Exception {
    Receiver<LibchanPeer.Request> requests = peer.accept("answer", LibchanPeer.Request.class);
    for (LibchanPeer.Request next = requests.receive(); next != null; next = requests.receive()) {
      try (Sender<Sample> reply = next.reply()) {
        reply.send(next.sample());
      }
    }
  }

  /** Answers, and keeps the channels open until no more requests come. */
  private static void keep(Session peer) throws Exception {
    Receiver<LibchanPeer.Request> requests = peer.accept("keep", LibchanPeer.Request.class);
    List<Sender<Sample>> kept = new ArrayList<>();
    for (LibchanPeer.Request next = requests.receive(); next != null; next = requests.receive()) {
      next.reply().send(next.sample());
      kept.add(next.reply());
    }
    kept.forEach(Sender::close);
  }

  private static void readFiles(Session peer) throws Exception {
    Receiver<LibchanPeer.Delivery> files = peer.accept("files", LibchanPeer.Delivery.class);
    for (LibchanPeer.Delivery next = files.receive(); next != null; next = files.receive()) {
      try (var file = next.file();
          var reply = next.reply()) {
        long bytes = file.input().transferTo(OutputStream.nullOutputStream());
        reply.send(new LibchanPeer.Length(bytes));
      }
    }
  }

  void close() {
    takers.shutdown();
  }
}
