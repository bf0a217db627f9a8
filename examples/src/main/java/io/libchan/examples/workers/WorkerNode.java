package io.libchan.examples.workers;

import io.libchan.Channel;
import io.libchan.Libchan;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Session;
import io.libchan.TypeRef;
import io.libchan.calls.Call;
import io.libchan.calls.CallHandler;
import io.libchan.calls.Caller;
import io.libchan.calls.Calls;
import io.libchan.calls.ServeOptions;
import io.libchan.calls.Serving;
import io.libchan.examples.workers.Messages.Job;
import io.libchan.examples.workers.Messages.Registration;
import io.libchan.examples.workers.Messages.Result;
import io.libchan.examples.workers.Messages.Welcome;
import java.io.IOException;
import java.time.Duration;

/** A worker: connects, registers a channel of its own, and does the jobs that come. Thread-safe. */
final class WorkerNode implements AutoCloseable {
  private final Session session;
  private final Serving serving;

  WorkerNode(String uri, String name, CallHandler<Job, Result> work)
      throws IOException, InterruptedException {
    session = Libchan.connect(uri, Options.DEFAULTS);
    Channel<Call<Job, Result>> jobs = Channel.of(new TypeRef<Call<Job, Result>>() {}, 1);
    serving =
        Calls.serve(
            jobs.receiver(), ServeOptions.DEFAULTS.withConcurrency(1).withNodeName(name), work);
    try (Caller<Registration, Welcome> dispatcher =
        new Caller<>(session.open(Dispatcher.REGISTRATIONS, Dispatcher.REGISTERING, 1))) {
      dispatcher.call(new Registration(name, jobs.sender()), Duration.ofSeconds(10));
    }
  }

  /** A worker that does its work. */
  static WorkerNode counting(String uri, String name) throws IOException, InterruptedException {
    return new WorkerNode(uri, name, job -> count(job, name));
  }

  /** The work itself. */
  static Result count(Job job, String worker) {
    return new Result(job.number(), job.text().split("\\s+", -1).length, worker);
  }

  /** Finishes the job it has, takes no more, and leaves. */
  boolean retire(Duration timeout) throws InterruptedException {
    boolean finished = serving.drain(timeout);
    session.close();
    return finished;
  }

  /** As if the process had died. */
  void die() {
    session.abort(Reason.of(ReasonCode.INTERNAL, "the worker died"));
  }

  @Override
  public void close() {
    serving.close();
    session.close();
  }
}
