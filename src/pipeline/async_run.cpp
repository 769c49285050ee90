#include "async_run.hpp"

#include <algorithm>
#include <utility>

#include "steps.hpp"

namespace inflight {
namespace {

/// The kind of event where the system gives no further thread.
constexpr const char* kNoThread = "no_thread";

/// Frames on their way: one for each request, a few decoded ahead so that requests never wait for a decoder,
/// and a few behind so that a sink may be late without stopping the device. Several sources share them; each has
/// enough to decode one while others wait. A source that drops is meant to be young rather than complete.
std::size_t frames_per_source(const RunParts& parts, const SourceSetup& setup, std::size_t sources, int requests) {
  constexpr std::size_t kDecodedAhead = 4, kBehind = 12, kLeast = 4;
  auto most = static_cast<std::size_t>(std::max(0, parts.options.max_frames));
  if (most > 0) return std::max<std::size_t>(1, most / sources);
  auto busy = static_cast<std::size_t>(requests);
  bool drops = setup.overflow != OverflowPolicy::wait;
  std::size_t all = busy + kDecodedAhead + (drops ? 0 : kBehind);
  return sources == 1 ? all : std::max(kLeast, (all + sources - 1) / sources);
}

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
    for (auto& lane : lanes_) lanes.push_back(lane.get());
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
  for (auto& lane : lanes_) numbers[Stage::decode].merge(lane->decode);
  numbers.credit_frames = most_credits_;
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
  for (auto& lane : lanes_) lane->release_if_over();
  add_lane(std::move(entry));
  share_out();
  start_reader(*lanes_.back());
  return true;
}

void AsyncRun::remove(SourceId source) noexcept {
  MutexLock lock(mutex_);
  if (source < lanes_.size())
    lanes_[source]->remove();
  else
    removed_early_.push_back(source);
}

void AsyncRun::end(bool drop) noexcept {
  if (drop) dropping_.store(true);
  closing_.store(true);
  MutexLock lock(mutex_);
  close_lanes();
}

void AsyncRun::close_lanes() noexcept {
  for (auto& lane : lanes_) {
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
    if (lane->over) continue;
    Credits::Held held = lane->credits.held();
    status.frames_held += held.count;
    status.most_frames += held.max_count;
    status.bytes_held += held.bytes;
    status.most_bytes += held.max_bytes;
  }
}

// ---- lanes and sinks ----

/// Places for frames with a credit; and for more where the number of requests follows the model, where sources may
/// come and go, and for the results of dropped frames.
std::size_t AsyncRun::jobs_of(const SourceEntry& entry) const {
  constexpr std::size_t kRoomToGrow = 256;
  bool fixed = parts_.options.max_frames > 0 && entry.setup.overflow == OverflowPolicy::wait;
  if (fixed) return static_cast<std::size_t>(parts_.options.max_frames);
  return std::max(kRoomToGrow, frames_per_source(parts_, entry.setup, 1, requests_));
}

void AsyncRun::add_lane(SourceEntry entry) {
  auto id = static_cast<SourceId>(lanes_.size());
  if (entry.setup.name.empty()) entry.setup.name = entry.source->info().name;
  std::size_t jobs = jobs_of(entry);
  lanes_.push_back(
      std::make_unique<Lane>(id, std::move(entry), jobs, tally_.meter(Stage::decode, "source-" + std::to_string(id))));
  Lane& lane = *lanes_.back();
  tally_.add_source(lane.entry);
  decoded_.add_source(jobs, lane.entry.setup.priority);
  completed_.grow(jobs * parts_.models.size() + 1);
  if (cascade_) cascade_->grow(jobs);
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

/// The budget in equal parts among the sources there are.
void AsyncRun::share_out() {
  std::size_t sources = 0, credits = 0;
  for (const auto& lane : lanes_) sources += lane->has_share() ? 1 : 0;
  for (auto& lane : lanes_) {
    if (lane->over) continue;
    std::size_t frames = std::min(lane->most_jobs, frames_per_source(parts_, lane->entry.setup, sources, requests_));
    lane->credits.set_bounds({parts_.options.max_frame_bytes / sources, frames});
    lane->provide(frames, parts_.models);
    credits += frames;
  }
  most_credits_ = std::max(most_credits_, credits);
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
  for (SinkWorker* sink : shared_sinks_) {
    sink->grow(lane.most_jobs);
    lane.sinks.push_back(sink);
  }
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
  StageMeter meter = tally_.meter(Stage::sink, "sink-" + std::to_string(sinks_.size()));
  SinkWorker::Handlers handlers{let_go, keeps, failed, clock_};
  sinks_.push_back(std::make_unique<SinkWorker>(std::move(sink), std::move(meter), std::move(handlers)));
  if (Result<void> started = sinks_.back()->start(); !started) return fail(std::move(started.error()));
  return sinks_.back().get();
}

}  // namespace inflight
