// A source with its budget and its way out.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "bounded_queue.hpp"
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
  /// Memory goes that will not be needed again. False: something of it is still on its way.
  bool release_if_over();
  /// It may hold frames: now, or later.
  bool has_share() const { return !over || credits.held().count > 0; }
  bool drops() const noexcept { return entry.setup.overflow != OverflowPolicy::wait; }

  const SourceId id;
  SourceEntry entry;
  const std::size_t most_jobs;
  Credits credits;
  BoundedQueue<Job*> free;  ///< jobs of this source that are not on their way
  std::atomic<bool> removed = false;
  // Of the reading thread, until it ends:
  StageMeter decode;
  std::uint64_t read = 0;

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
