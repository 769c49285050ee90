#include "async_run.hpp"

#include <algorithm>
#include <utility>

#include "steps.hpp"

namespace inflight {
namespace {

/// The kind of event where the system gives no further thread.
constexpr const char* kNoThread = "no_thread";

}  // namespace

// ---- the whole run ----

Result<std::unique_ptr<AsyncRun>> AsyncRun::create(RunParts& parts, Books books) {
  std::unique_ptr<AsyncRun> run(new AsyncRun(parts, books));
  if (Result<void> ready = run->prepare(); !ready) return fail(std::move(ready.error()));
  return run;
}

AsyncRun::AsyncRun(RunParts& parts, Books books)
    : parts_(parts),
      tally_(books.tally),
      events_(books.events),
      clock_(parts.clock()),
      completed_(1),
      postprocess_(tally_.meter(Stage::postprocess, "post")) {
  for (std::size_t i = 0; i < parts_.models.size(); ++i) infer_.push_back(tally_.meter(Stage::infer, "post"));
}

AsyncRun::~AsyncRun() = default;

Result<void> AsyncRun::prepare() {
  auto answer_model = [this](Job& job, std::uint32_t model) {
    completed_.push({&job, Completion::Part::model, model});
  };
  auto runner = make_runner({parts_, tally_, answer_model});
  if (!runner) return fail(std::move(runner.error()));
  runner_ = std::move(*runner);
  most_requests_ = runner_->requests_per_model();
  if (!parts_.cascade) return {};
  auto answer_crop = [this](Job& job, std::uint32_t crop) { completed_.push({&job, Completion::Part::crop, crop}); };
  auto cascade = CascadeStage::create(parts_, tally_, answer_crop);
  if (!cascade) return fail(std::move(cascade.error()));
  cascade_ = std::move(*cascade);
  constexpr std::size_t kMostRequests = 1024;
  completed_.grow(kMostRequests);  // crops whose inference has ended
  return {};
}

RunNumbers AsyncRun::run() {
  {
    Result<Worker> post_thread = Worker::start("post", [this] { post(); });
    begin(post_thread ? nullptr : &post_thread.error());
    if (Result<Worker> feed_thread = Worker::start("feed", [this] { feed(); }); !feed_thread)
      feed();  // this thread has nothing else to do
    // Beyond this point no new inferences start.
    runner_->finish();
    join_readers();
    completed_.push({nullptr, Completion::Part::run, 0});
    if (!post_thread) post();
  }
  // Beyond this point no new results come out.
  if (cascade_) cascade_->close();
  finish_sinks();
  return numbers();
}

/// `problem`: why nothing can come of it; the sources and sinks are let go properly all the same.
void AsyncRun::begin(const Error* problem) {
  MutexLock lock(mutex_);
  requests_ = most_requests_;
  running_ = true;
  if (problem) lacks_thread(*problem);
  for (auto& sink : std::exchange(parts_.shared_sinks, {})) {
    if (Result<SinkWorker*> worker = start_sink(std::move(sink)))
      shared_sinks_.push_back(*worker);
    else
      lacks_thread(worker.error());  // output that cannot be kept is not worth computing
  }
  for (SourceEntry& entry : std::exchange(parts_.sources, {})) add_lane(std::move(entry));
  share_out();
  for (auto& lane : lanes_) start_reader(*lane);
  close_if_done();
}

void AsyncRun::join_readers() {
  // No lane is added any more, so the list needs no lock; a reader that ends does.
  std::vector<Lane*> lanes;
  {
    MutexLock lock(mutex_);
    for (auto& lane : lanes_)
      if (lane) lanes.push_back(lane.get());
  }
  for (Lane* lane : lanes) lane->reader.reset();
}

void AsyncRun::finish_sinks() {
  std::vector<SinkWorker*> sinks;
  {
    MutexLock lock(mutex_);
    for (auto& sink : sinks_) sinks.push_back(sink.get());
  }
  for (SinkWorker* sink : sinks) sink->close();
  for (SinkWorker* sink : sinks) sink->join();
}

RunNumbers AsyncRun::numbers() {
  RunNumbers numbers;
  numbers.models.resize(parts_.models.size() + (cascade_ ? 1 : 0));
  runner_->add_to(numbers);
  for (std::size_t model = 0; model < infer_.size(); ++model) {
    numbers.models[model].infer.merge(infer_[model]);
    numbers[Stage::infer].add(infer_[model]);
  }
  numbers[Stage::postprocess].merge(postprocess_);
  if (cascade_) cascade_->add_to(numbers);
  MutexLock lock(mutex_);
  numbers[Stage::decode].merge(ended_decoders_);
  for (auto& lane : lanes_)
    if (lane) numbers[Stage::decode].merge(lane->decode);
  numbers.credits = credits_;
  numbers[Stage::sink].merge(ended_sinks_);
  for (auto& sink : sinks_) numbers[Stage::sink].merge(sink->meter());
  return numbers;
}

bool AsyncRun::add(SourceEntry& entry) {
  MutexLock lock(mutex_);
  if (!running_) {
    parts_.sources.push_back(std::move(entry));
    return true;
  }
  if (!accepting_) return false;
  let_ended_go();
  add_lane(std::move(entry));
  share_out();
  start_reader(*lanes_.back());
  return true;
}

void AsyncRun::remove(SourceId source) noexcept {
  MutexLock lock(mutex_);
  if (source >= lanes_.size()) return removed_early_.push_back(source);
  if (lanes_[source]) lanes_[source]->remove();
}

void AsyncRun::end(bool drop) noexcept {
  if (drop) dropping_.store(true);
  closing_.store(true);
  MutexLock lock(mutex_);
  close_lanes();
}

void AsyncRun::close_lanes() noexcept {
  for (auto& lane : lanes_) {
    if (!lane) continue;
    lane->credits.close();
    if (lane->entry.source) lane->entry.source->interrupt();
  }
  close_if_done();
}

/// The run fails, and reads no more; what was read is finished.
void AsyncRun::lacks_thread(const Error& error) {
  events_.fail(clock_.now(), kNoThread, error);
  closing_.store(true);
  close_lanes();
}

void AsyncRun::fill(RunStatus& status) const {
  InferQueueStats requests = runner_->stats();
  status.requests = requests.requests;
  status.in_flight = requests.in_flight;
  status.waiting_to_infer = decoded_.size();
  status.waiting_to_post = completed_.size();
  MutexLock lock(mutex_);
  for (const auto& lane : lanes_) {
    if (!lane || lane->over) continue;
    Credits::Held held = lane->credits.held();
    status.frames_held += held.count;
    status.most_frames += held.max_count;
    status.bytes_held += held.bytes;
    status.most_bytes += held.max_bytes;
  }
}

// ---- lanes and sinks ----

void AsyncRun::add_lane(SourceEntry entry) {
  auto id = static_cast<SourceId>(lanes_.size());
  if (entry.setup.name.empty()) entry.setup.name = entry.source->info().name;
  std::size_t jobs = jobs_of(entry);
  lanes_.push_back(
      std::make_unique<Lane>(id, std::move(entry), jobs, tally_.meter(Stage::decode, "source-" + std::to_string(id))));
  Lane& lane = *lanes_.back();
  tally_.add_source(lane.entry);
  decoded_.add_source(jobs, lane.entry.setup.priority);
  make_room_for(jobs);
  start_sinks(lane);
  if (std::erase(removed_early_, id) > 0) lane.remove();
}

void AsyncRun::start_reader(Lane& lane) {
  ++readers_left_;
  Result<Worker> reader = Worker::start("source-" + std::to_string(lane.id), [this, &lane] { read_source(lane); });
  if (reader) {
    lane.reader.emplace(std::move(*reader));
    return;
  }
  events_.fail(clock_.now(), kNoThread, reader.error());  // the others go on
  end_reading(lane);
  completed_.push({nullptr, Completion::Part::source, lane.id});
}

/// In the queues that all sources share. What sources that have ended used is used again.
void AsyncRun::make_room_for(std::size_t jobs) {
  jobs_ += jobs;
  completed_.grow(1);  // for the word that a source has ended
  if (jobs_ <= job_places_) return;
  std::size_t more = jobs_ - std::exchange(job_places_, jobs_);
  completed_.grow(more * parts_.models.size());
  if (cascade_) cascade_->grow(more);
  for (SinkWorker* sink : shared_sinks_) sink->grow(more);
}

/// Sources may come and go for days: what has ended leaves nothing but its numbers.
void AsyncRun::let_ended_go() {
  for (auto& lane : lanes_) {
    if (!lane || !lane->is_done()) continue;
    lane->reader.reset();
    ended_decoders_.merge(lane->decode);
    tally_.close_source(lane->id);
    decoded_.close_source(lane->id);
    jobs_ -= lane->most_jobs;
    lane.reset();
  }
  std::erase_if(sinks_, [this](const std::unique_ptr<SinkWorker>& sink) INFLIGHT_REQUIRES(mutex_) {
    if (!sink->is_done()) return false;
    ended_sinks_.merge(sink->meter());
    return true;
  });
}

void AsyncRun::start_sinks(Lane& lane) {
  std::erase(lane.entry.setup.sinks, nullptr);
  for (auto& sink : std::exchange(lane.entry.setup.sinks, {})) {
    Result<SinkWorker*> worker = start_sink(std::move(sink));
    if (worker) {
      (*worker)->grow(lane.most_jobs);
      lane.own_sinks.push_back(*worker);
      lane.sinks.push_back(*worker);
    } else {
      events_.fail(clock_.now(), kNoThread, worker.error());
      lane.remove();  // the others go on
    }
  }
  lane.sinks.insert(lane.sinks.end(), shared_sinks_.begin(), shared_sinks_.end());
}

Result<SinkWorker*> AsyncRun::start_sink(std::unique_ptr<Sink> sink) {
  auto let_go = [this](Job& job) {
    if (job.holders.fetch_sub(1, std::memory_order_acq_rel) == 1) release(job);
  };
  auto failed = [this](const Error& error) {
    events_.fail(clock_.now(), "sink_failed", error);
    end(false);  // output that cannot be kept is not worth computing
  };
  auto keeps = [](Lane& lane, std::size_t before, std::size_t now) { lane.credits.adjust(before, now); };
  StageMeter meter = tally_.meter(Stage::sink, "sink-" + std::to_string(sinks_started_++));
  SinkWorker::Handlers handlers{let_go, keeps, failed, clock_};
  sinks_.push_back(std::make_unique<SinkWorker>(std::move(sink), std::move(meter), std::move(handlers)));
  if (Result<void> started = sinks_.back()->start(); !started) return fail(std::move(started.error()));
  return sinks_.back().get();
}

}  // namespace inflight
