// A sink on a thread of its own, so that drawing, encoding and writing never hold the device up.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "bounded_queue.hpp"
#include "job.hpp"
#include "run_context.hpp"
#include "worker.hpp"

namespace inflight {

/// Writes jobs in the order pushed. The destructor waits for the thread; call close() first.
class SinkWorker {
 public:
  struct Handlers {
    std::function<void(Job&)> release;  ///< the sink has let the job go
    /// The sink keeps other bytes of pictures than before. Always called with the first job's source, so that its
    /// calls add up.
    std::function<void(Lane&, std::size_t before, std::size_t now)> keeps;
    std::function<void(const Error&)> failed;  ///< once, at the first failure; later jobs are only released
    const Clock& clock;
  };

  SinkWorker(std::unique_ptr<Sink> sink, StageMeter meter, Handlers handlers);

  /// Before anything is pushed. Errors: those of Worker::start; the sink is then finished, on this thread.
  Result<void> start();

  /// Room for the jobs of another source, so that push() never waits: credits are what bounds a run.
  void grow(std::size_t jobs) { queue_.grow(jobs); }

  void push(Job& job) { queue_.push(&job); }
  /// No more jobs: what is queued is written, then the sink is finished.
  void close() { queue_.close(); }
  /// It has finished: it may be destroyed, which waits for its thread to end.
  bool is_done() const noexcept { return done_; }
  /// Waits for the end. Its numbers may be read then, and once it is done.
  void join() { worker_.reset(); }
  const StageMeter& meter() const noexcept { return meter_; }

 private:
  void work();
  void weigh(std::size_t now);
  void report(const Result<void>& result);

  std::unique_ptr<Sink> sink_;
  Handlers handlers_;
  BoundedQueue<Job*> queue_{1};
  StageMeter meter_;
  Lane* charged_ = nullptr;  // the first job's
  std::size_t kept_ = 0;
  bool failed_ = false;
  std::atomic<bool> done_ = false;
  std::optional<Worker> worker_;  // last: joined before what it uses goes
};

}  // namespace inflight
