// A source with its budget and its way out.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "bounded_queue.hpp"
#include "credit_control.hpp"
#include "credits.hpp"
#include "job.hpp"
#include "reorder.hpp"
#include "run_context.hpp"
#include "sink_worker.hpp"
#include "worker.hpp"

namespace inflight {

struct Lane {
  /// `most_jobs`: frames with a credit, and dropped ones that wait for their turn in the order.
  Lane(SourceId id, SourceEntry entry, std::size_t most_jobs, StageMeter meter);

  /// Jobs for so many frames, each for all of `models`. One thread at a time.
  void provide(std::size_t frames, const std::vector<PipelineModel>& models);
  /// It is read no more. No effect where it has ended.
  void remove() noexcept;
  /// Nothing of it is on its way any more: it may be destroyed. With the lock of the run, which is held too when it
  /// becomes over.
  bool is_done() const { return over && free.size() == jobs.size(); }
  /// It may hold frames: now, or later.
  bool has_share() const { return !over || credits.held().count > 0; }
  bool drops() const noexcept { return entry.setup.overflow != OverflowPolicy::wait; }

  const SourceId id;
  SourceEntry entry;
  const std::size_t most_jobs;
  Credits credits;
  BoundedQueue<Job*> free;  ///< jobs of this source that are not on their way
  std::atomic<bool> removed = false;
  CreditControl control{{}};  ///< guarded by the lock of the run
  // The signs that it goes by:
  /// So far, counted by the reading thread; of a source that drops, the time between a frame that came while there was
  /// no credit and the one before.
  std::atomic<Duration::rep> waited_for_credit = 0;
  std::atomic<int> in_sinks = 0;             ///< frames that the sinks have not let go
  std::atomic<bool> sinks_caught_up = true;  ///< they had none at some moment since this was last looked at
  // Of the reading thread, until it ends:
  StageMeter decode;
  std::uint64_t read = 0;
  TimePoint last_read{};        ///< when the newest frame came
  Duration since_last_read{0};  ///< between it and the one before

  // Of `post`:
  Reorder reorder;
  std::vector<SinkWorker*> sinks;      ///< own and shared
  std::vector<SinkWorker*> own_sinks;  ///< closed when it is over
  std::uint64_t emitted = 0;
  std::optional<std::uint64_t> total;  ///< once it has ended: frames it gave
  std::atomic<bool> over = false;      ///< all of them came out

  std::vector<std::unique_ptr<Job>> jobs;
  std::optional<Worker> reader;  ///< last: joined before what it uses goes
};

}  // namespace inflight
