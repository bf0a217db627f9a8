package io.libchan.examples.workers;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.TypeRef;
import io.libchan.calls.Call;
import io.libchan.calls.Calls;
import io.libchan.examples.workers.Messages.Job;
import io.libchan.examples.workers.Messages.Registration;
import io.libchan.examples.workers.Messages.Result;
import io.libchan.examples.workers.Messages.Welcome;
import io.libchan.patterns.Workers;
import java.util.concurrent.CompletableFuture;

/** Where workers register, and jobs are given out. Thread-safe. */
final class Dispatcher implements AutoCloseable {
  static final String REGISTRATIONS = "workers";
  static final TypeRef<Call<Registration, Welcome>> REGISTERING =
      new TypeRef<Call<Registration, Welcome>>() {};

  private final Workers<Job, Result> workers = new Workers<>(1);
  private final Listener listener;

  Dispatcher(String uri) throws ChannelException, InterruptedException {
    listener = Libchan.listen(uri, Options.DEFAULTS, this::register);
  }

  /** Runs once for each session: a process may bring any number of workers. */
  private void register(Session session) throws ChannelException, InterruptedException {
    Calls.serve(session.accept(REGISTRATIONS, REGISTERING), this::welcome);
  }

  private Welcome welcome(Registration worker) {
    workers.add(worker.jobs());
    System.out.println(worker.worker() + " registered");
    return new Welcome(workers.size());
  }

  /** Where workers connect. */
  String uri() {
    return listener.uri().toString();
  }

  int workers() {
    return workers.size();
  }

  /** Waits for a worker with room. */
  CompletableFuture<Result> submit(Job job) throws InterruptedException {
    return workers.submit(job);
  }

  @Override
  public void close() {
    workers.close();
    listener.close();
  }
}
