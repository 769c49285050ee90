// The pipeline of many frames in flight. Threads, in the order in which a frame meets them:
//
//   source-N   one per source: takes a credit, reads (decodes) a frame
//   feed       waits for a free request, preprocesses straight into it, starts it
//   (engine)   infers; its completion only hands the job on
//   post       postprocesses, lets the request go, restores the order
//   sink       one per sink: draws, encodes, writes; the last one returns the credit
//
// Every queue between them has room for every job there is, so only credits and requests make anyone wait.
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

class AsyncRun {
 public:
  AsyncRun(RunParts& parts, Tally& tally, EventLog& events, InferQueue queue);
  ~AsyncRun();

  /// Runs until every source has ended and every sink has finished.
  RunNumbers run();

  /// From any thread: no more input; with `drop`, what has not been started is dropped.
  void end(bool drop) noexcept;

  /// From any thread: requests, credits and queues.
  void fill(RunStatus& status) const;

 private:
  /// A source with its budget and its way out.
  struct Lane {
    Lane(const RunParts& parts, int requests, std::size_t most_jobs, StageMeter meter);
    /// Jobs for so many frames. Until the run begins of its thread, then of the feeding one.
    void provide(std::size_t frames);
    Credits credits;
    BoundedQueue<Job*> free;  ///< jobs of this source that are not on their way
    std::vector<std::unique_ptr<Job>> jobs;
    Reorder reorder;
    StageMeter decode;
    std::vector<SinkWorker*> sinks;  ///< own and shared
  };

  void start_sinks();
  SinkWorker& start_sink(std::unique_ptr<Sink> sink);

  void read_source(SourceId id);
  bool read_into(SourceId id, Job& job);
  void feed();
  void feed_frame(Job& job);
  void follow_requests();
  void skip(Job& job, FrameStatus status, Error why);
  void completed(Job& job);
  void post();
  void record(Job& job);
  void settle(Job& job);
  void emit(Job& job);
  void release(Job& job);

  RunParts& parts_;
  Tally& tally_;
  EventLog& events_;
  Clock& clock_;
  InferQueue queue_;
  int requests_;                 // of queue_; of the feeding thread
  std::uint64_t submitted_ = 0;  // counted for the recorder only; of the feeding thread
  const std::size_t jobs_per_source_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  BoundedQueue<Job*> decoded_;
  BoundedQueue<Job*> completed_;
  std::vector<std::unique_ptr<SinkWorker>> sinks_;
  StageMeter preprocess_, infer_, postprocess_;  // of feed, post, post
  std::atomic<bool> closing_ = false;
  std::atomic<bool> dropping_ = false;
  std::atomic<int> sources_left_;
};

}  // namespace inflight
