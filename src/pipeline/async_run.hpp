// The pipeline of many frames in flight. Threads, in the order in which a frame meets them:
//
//   source-N   one per source: takes a credit, reads (decodes) a frame
//   feed       takes the frame whose turn it is, and gives it to the models (see model_runner.hpp)
//   (engine)   infers; its completion only hands the job on
//   post       postprocesses, lets the requests go, restores the order
//   cascade    where there is one: cuts boxes out, and gives them to its model; the frame comes back to post
//   sink       one per sink: draws, encodes, writes; the last one returns the credit
//
// Every queue between them has room for every job there is, so only credits and requests make anyone wait.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "bounded_queue.hpp"
#include "cascade_stage.hpp"
#include "fair_queue.hpp"
#include "lane.hpp"
#include "model_runner.hpp"

namespace inflight {

class AsyncRun {
 public:
  struct Books {
    Tally& tally;
    EventLog& events;
  };
  /// Errors: those of InferQueue::create.
  static Result<std::unique_ptr<AsyncRun>> create(RunParts& parts, Books books);
  ~AsyncRun();

  /// Runs until every source has ended and every sink has finished.
  RunNumbers run();

  // From any thread:

  /// Another source, which is read at once. False: it came too late; `entry` is untouched.
  bool add(SourceEntry& entry) INFLIGHT_EXCLUDES(mutex_);
  void remove(SourceId source) noexcept INFLIGHT_EXCLUDES(mutex_);
  /// No more input; with `drop`, what has not been started is dropped.
  void end(bool drop) noexcept INFLIGHT_EXCLUDES(mutex_);
  /// Requests, credits and queues.
  void fill(RunStatus& status) const INFLIGHT_EXCLUDES(mutex_);

 private:
  AsyncRun(RunParts& parts, Books books);
  Result<void> prepare();

  std::size_t jobs_of(const SourceEntry& entry) const INFLIGHT_REQUIRES(mutex_);
  void make_room_for(std::size_t jobs) INFLIGHT_REQUIRES(mutex_);
  void let_ended_go() INFLIGHT_REQUIRES(mutex_);
  void begin(const Error* problem) INFLIGHT_EXCLUDES(mutex_);
  void lacks_thread(const Error& error) INFLIGHT_REQUIRES(mutex_);
  void close_lanes() noexcept INFLIGHT_REQUIRES(mutex_);
  void add_lane(SourceEntry entry) INFLIGHT_REQUIRES(mutex_);
  void start_reader(Lane& lane) INFLIGHT_REQUIRES(mutex_);
  void start_sinks(Lane& lane) INFLIGHT_REQUIRES(mutex_);
  Result<SinkWorker*> start_sink(std::unique_ptr<Sink> sink) INFLIGHT_REQUIRES(mutex_);
  CreditControl::Bounds bounds_of(const SourceSetup& setup, std::size_t sources) const INFLIGHT_REQUIRES(mutex_);
  void share_out() INFLIGHT_REQUIRES(mutex_);
  void count_credits(std::size_t credits) INFLIGHT_REQUIRES(mutex_);
  void join_readers() INFLIGHT_EXCLUDES(mutex_);
  void finish_sinks() INFLIGHT_EXCLUDES(mutex_);
  RunNumbers numbers() INFLIGHT_EXCLUDES(mutex_);

  void read_source(Lane& lane);
  void read_frames(Lane& lane);
  Job* next_job(Lane& lane, std::size_t bytes);
  bool make_room(Lane& lane, Job& job);
  void reader_ended(Lane& lane) INFLIGHT_EXCLUDES(mutex_);
  std::unique_ptr<Source> end_reading(Lane& lane) INFLIGHT_REQUIRES(mutex_);
  void close_if_done() INFLIGHT_REQUIRES(mutex_);

  void feed();
  Job* next_frame();
  void look_at_credits(const Job& job) INFLIGHT_EXCLUDES(mutex_);
  void follow_requests() INFLIGHT_EXCLUDES(mutex_);
  std::optional<Error> reason_to_drop(const Job& job) const;
  void skip(Job& job, FrameStatus status, Error why);

  void post();
  void take(const Completion& completion);
  void settle_model(Job& job, std::uint32_t model);
  void settle_crop(Job& job, std::uint32_t crop);
  void models_done(Job& job);
  void finish(Job& job);
  void emit(Job& job);
  void end_lane_if_over(Lane& lane);
  void release(Job& job);

  RunParts& parts_;
  Tally& tally_;
  EventLog& events_;
  Clock& clock_;
  FairQueue decoded_;
  BoundedQueue<Completion> completed_;
  std::unique_ptr<ModelRunner> runner_;     // constant once prepared; after the queue that its answers go to
  std::unique_ptr<CascadeStage> cascade_;   // the same; may be none
  std::vector<StageMeter> infer_;           // by model; of post
  StageMeter postprocess_;                  // of post
  std::uint64_t emitted_ = 0;               // of post
  int most_requests_ = 1;                   // of feed: as it was last looked at
  Duration device_waited_{0};               // of feed: so far, with too little to do, for a frame
  std::atomic<std::uint64_t> started_ = 0;  // frames that were read
  std::atomic<bool> closing_ = false;
  std::atomic<bool> dropping_ = false;

  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Lane>> lanes_ INFLIGHT_GUARDED_BY(mutex_);  // by source; nullptr: it has ended
  std::vector<SinkWorker*> shared_sinks_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<SinkWorker>> sinks_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<SourceId> removed_early_ INFLIGHT_GUARDED_BY(mutex_);  // before their lane was there
  int requests_ INFLIGHT_GUARDED_BY(mutex_) = 1;
  CreditNumbers credits_ INFLIGHT_GUARDED_BY(mutex_);
  StageMeter ended_decoders_ INFLIGHT_GUARDED_BY(mutex_), ended_sinks_ INFLIGHT_GUARDED_BY(mutex_);
  std::size_t sinks_started_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  // Places for jobs in the queues that all sources share: those there are, and those in use.
  std::size_t job_places_ INFLIGHT_GUARDED_BY(mutex_) = 0, jobs_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  int readers_left_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  bool running_ INFLIGHT_GUARDED_BY(mutex_) = false;
  bool accepting_ INFLIGHT_GUARDED_BY(mutex_) = true;
};

}  // namespace inflight
