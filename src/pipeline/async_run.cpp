#include "async_run.hpp"

#include <algorithm>
#include <utility>

#include "steps.hpp"

namespace inflight {
namespace {

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

/// Where there are several, an error says which model it is of.
Error told_by(const std::vector<PipelineModel>& models, std::uint32_t model, const Error& error) {
  return models.size() < 2 ? error : Error{error.code, models[model].name + ": " + error.message};
}

std::size_t expected_bytes(const Source& source) {
  Picture picture;
  picture.size = source.info().size;
  return picture.bytes();
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
    MutexLock lock(mutex_);
    requests_ = most_requests_;
    running_ = true;
    for (auto& sink : std::exchange(parts_.shared_sinks, {})) shared_sinks_.push_back(&start_sink(std::move(sink)));
    for (SourceEntry& entry : std::exchange(parts_.sources, {})) add_lane(std::move(entry));
    share_out();
    for (auto& lane : lanes_) start_reader(*lane);
    close_if_done();
  }
  {
    Worker post_thread("post", [this] { post(); });
    {
      Worker feed_thread("feed", [this] { feed(); });
    }
    // Beyond this point no new inferences start.
    runner_->finish();
    join_readers();
    completed_.push({nullptr, Completion::Part::run, 0});
  }
  // Beyond this point no new results come out.
  if (cascade_) cascade_->close();
  finish_sinks();
  return numbers();
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
  for (auto& lane : lanes_) {
    numbers[Stage::decode].merge(lane->decode);
    numbers.credit_frames += lane->credits.held().max_count;
  }
  for (auto& sink : sinks_) numbers[Stage::sink].merge(sink->meter());
  return numbers;
}

void AsyncRun::add(SourceEntry entry) {
  MutexLock lock(mutex_);
  if (!running_) return parts_.sources.push_back(std::move(entry));
  if (!accepting_) {
    for (auto& sink : entry.setup.sinks)
      if (Result<void> done = inflight::finish(*sink); !done) events_.fail(clock_.now(), "sink_failed", done.error());
    return;
  }
  for (auto& lane : lanes_) lane->release_if_over();
  add_lane(std::move(entry));
  share_out();
  start_reader(*lanes_.back());
}

void AsyncRun::remove(SourceId source) noexcept {
  MutexLock lock(mutex_);
  if (source >= lanes_.size() || lanes_[source]->over) return;
  lanes_[source]->removed = true;
  lanes_[source]->credits.close();
  lanes_[source]->entry.source->interrupt();
}

void AsyncRun::end(bool drop) noexcept {
  if (drop) dropping_.store(true);
  closing_.store(true);
  MutexLock lock(mutex_);
  for (auto& lane : lanes_) {
    if (!lane->entry.source) continue;  // it was over long ago
    lane->credits.close();
    lane->entry.source->interrupt();
  }
  close_if_done();
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
  tally_.add_source(lane.entry.setup.name, lane.entry.setup.priority);
  decoded_.add_source(jobs, lane.entry.setup.priority);
  completed_.grow(jobs * parts_.models.size() + 1);
  if (cascade_) cascade_->grow(jobs);
  start_sinks(lane);
}

void AsyncRun::start_reader(Lane& lane) {
  ++readers_left_;
  lane.reader.emplace("source-" + std::to_string(lane.id), [this, &lane] { read_source(lane); });
}

/// The budget in equal parts among the sources there are.
void AsyncRun::share_out() {
  std::size_t sources = 0;
  for (const auto& lane : lanes_) sources += lane->over ? 0 : 1;
  for (auto& lane : lanes_) {
    if (lane->over) continue;
    std::size_t frames = std::min(lane->most_jobs, frames_per_source(parts_, lane->entry.setup, sources, requests_));
    lane->credits.set_bounds({parts_.options.max_frame_bytes / sources, frames});
    lane->provide(frames, parts_.models);
  }
}

void AsyncRun::start_sinks(Lane& lane) {
  for (auto& sink : std::exchange(lane.entry.setup.sinks, {})) {
    lane.own_sinks.push_back(&start_sink(std::move(sink)));
    lane.own_sinks.back()->grow(lane.most_jobs);
    lane.sinks.push_back(lane.own_sinks.back());
  }
  for (SinkWorker* sink : shared_sinks_) {
    sink->grow(lane.most_jobs);
    lane.sinks.push_back(sink);
  }
}

SinkWorker& AsyncRun::start_sink(std::unique_ptr<Sink> sink) {
  auto let_go = [this](Job& job) {
    if (job.holders.fetch_sub(1, std::memory_order_acq_rel) == 1) release(job);
  };
  auto failed = [this](const Error& error) {
    events_.fail(clock_.now(), "sink_failed", error);
    end(false);  // output that cannot be kept is not worth computing
  };
  StageMeter meter = tally_.meter(Stage::sink, "sink-" + std::to_string(sinks_.size()));
  SinkWorker::Handlers handlers{let_go, failed, clock_};
  sinks_.push_back(std::make_unique<SinkWorker>(std::move(sink), std::move(meter), std::move(handlers)));
  return *sinks_.back();
}

// ---- source-N ----

void AsyncRun::read_source(Lane& lane) {
  FrameReader reader(parts_, lane.id, *lane.entry.source, {tally_, events_});
  std::size_t bytes = expected_bytes(*lane.entry.source);
  while (Job* job = next_job(lane, bytes)) {
    std::optional<Outcome> outcome;
    if (!closing_.load(std::memory_order_relaxed)) outcome = reader.next(job->result.frame, lane.decode);
    if (!outcome) {
      if (job->has_credit) lane.credits.give_back(bytes);
      lane.free.push(std::move(job));
      break;
    }
    job->sequence = lane.read++;
    job->outcome = std::move(*outcome);
    renew(job->result);
    // A frame that could not be read holds nothing, but says nothing about the next either.
    job->credit = job->result.frame ? job->result.frame.picture().bytes() : bytes;
    if (job->has_credit) lane.credits.adjust(bytes, job->credit);
    bytes = job->credit;
    started_.fetch_add(1, std::memory_order_relaxed);
    if (job->has_credit || make_room(lane, *job)) decoded_.push(lane.id, *job);
  }
  reader_ended(lane);
}

/// A job to read into, with a credit where that can be had without waiting, or is worth waiting for. nullptr: the
/// source is to be read no more.
Job* AsyncRun::next_job(Lane& lane, std::size_t bytes) {
  bool credit = lane.drops() ? lane.credits.try_take(bytes) : lane.credits.take(bytes);
  if (!credit && !lane.drops()) return nullptr;
  if (lane.removed || closing_) {
    if (credit) lane.credits.give_back(bytes);
    return nullptr;
  }
  Job* job = *lane.free.pop();  // waits only where results of dropped frames pile up behind a sink
  job->has_credit = credit;
  return job;
}

/// For a frame that came without a credit: another may have become free meanwhile, or one that waits gives its own up.
/// False: the frame itself goes.
bool AsyncRun::make_room(Lane& lane, Job& job) {
  job.has_credit = lane.credits.try_take(job.credit);
  if (job.has_credit) return true;
  Job* oldest = lane.entry.setup.overflow == OverflowPolicy::drop_oldest ? decoded_.take_oldest(lane.id) : nullptr;
  Job& dropped = oldest ? *oldest : job;
  if (oldest) {
    job.has_credit = true;
    lane.credits.adjust(oldest->credit, job.credit);
    oldest->has_credit = false;
  }
  SourceId source = dropped.result.frame.source;
  Frame husk;  // says which frame it was; its pixels go at once
  husk.source = source;
  husk.id = dropped.result.frame.id;
  husk.timestamp = dropped.result.frame.timestamp;
  husk.read_at = dropped.result.frame.read_at;
  dropped.result.frame = std::move(husk);
  skip(dropped, FrameStatus::dropped,
       {ErrorCode::overflow, oldest ? "a newer frame came while it waited for inference"
                                    : "it came while every place for frames of its source was taken"});
  return oldest != nullptr;
}

void AsyncRun::reader_ended(Lane& lane) {
  tally_.end_source(lane.id);
  {
    MutexLock lock(mutex_);
    --readers_left_;
    close_if_done();
  }
  // Last: whoever learns of it may wait for this thread with the lock held.
  completed_.push({nullptr, Completion::Part::source, lane.id});
}

/// Nothing more will be read: there is no source left, and none to come.
void AsyncRun::close_if_done() {
  if (readers_left_ > 0 || (parts_.options.keep_open && !closing_)) return;
  accepting_ = false;
  decoded_.close();
}

// ---- feed ----

void AsyncRun::feed() {
  for (;;) {
    runner_->await_room();
    follow_requests();
    Job* job = decoded_.pop();
    if (!job) return;
    if (!job->outcome) {  // it could not even be read
      completed_.push({job, Completion::Part::frame, 0});
    } else if (std::optional<Error> why = reason_to_drop(*job)) {
      skip(*job, FrameStatus::dropped, std::move(*why));
    } else {
      job->parts_left = parts_.models.size();
      runner_->run(*job);
    }
  }
}

/// Only now: what waited for a request until the run was stopped, or until it was too old, is dropped too.
std::optional<Error> AsyncRun::reason_to_drop(const Job& job) const {
  if (dropping_.load(std::memory_order_relaxed)) return Error{ErrorCode::closed, "the run was stopped"};
  Duration most = job.lane->entry.setup.max_age;
  if (most > Duration{0} && clock_.now() - job.result.frame.read_at > most)
    return Error{ErrorCode::deadline_exceeded, "it was too old before its inference could begin"};
  return std::nullopt;
}

/// Another device may have taken over that needs more frames on their way, or fewer.
void AsyncRun::follow_requests() {
  int requests = runner_->requests_per_model();
  if (requests == std::exchange(most_requests_, requests)) return;
  MutexLock lock(mutex_);
  requests_ = requests;
  share_out();
}

/// A frame that will not be inferred goes on to its place in the order all the same.
void AsyncRun::skip(Job& job, FrameStatus status, Error why) {
  job.result.status = status;
  job.outcome = fail(std::move(why));
  completed_.push({&job, Completion::Part::frame, 0});
}

// ---- post ----

void AsyncRun::post() {
  bool last = false;
  while (!last || emitted_ < started_.load()) {
    Completion completion = *completed_.pop();  // it is never closed
    last = last || completion.part == Completion::Part::run;
    take(completion);
  }
}

void AsyncRun::take(const Completion& completion) {
  switch (completion.part) {
    case Completion::Part::frame:
      return finish(*completion.job);
    case Completion::Part::model:
      settle_model(*completion.job, completion.index);
      if (--completion.job->parts_left == 0) models_done(*completion.job);
      return;
    case Completion::Part::crop:
      settle_crop(*completion.job, completion.index);
      if (--completion.job->parts_left == 0) finish(*completion.job);
      return;
    case Completion::Part::source: {
      Lane* lane = nullptr;
      {
        MutexLock lock(mutex_);
        lane = lanes_[completion.index].get();
      }
      lane->total = lane->read;  // which does not change any more
      return end_lane_if_over(*lane);
    }
    case Completion::Part::run:
      return;
  }
}

void AsyncRun::settle_model(Job& job, std::uint32_t model) {
  ModelPart& part = job.models[model];
  const Detector& detector = parts_.models[model].detector;
  if (part.times) {  // on this thread, so that the engine's does nothing but hand on
    tally_.recorder()->request(request_record(*detector.model, part.outcome, *part.times));
    part.times.reset();
  }
  FrameResult& result = job.result;
  if (part.outcome) {
    infer_[model].record(part.outcome->infer_time);
    (result.models.empty() ? result.device : result.models[model].device) = part.outcome->device;
    (result.models.empty() ? result.infer_time : result.models[model].infer_time) = part.outcome->infer_time;
    part.outcome = timed(postprocess_, clock_, result.frame.id, [&] {
      return postprocess(detector, part.slot.request(), part.transform, detections_of(result, model));
    });
  }
  part.slot = {};  // the request is free for the next frame
  if (!part.outcome && job.outcome) job.outcome = fail(told_by(parts_.models, model, part.outcome.error()));
}

void AsyncRun::models_done(Job& job) {
  if (cascade_ && job.outcome) {
    // Set before the first crop can be answered: that comes to this thread.
    job.parts_left = cascade_->begin(job);
    if (job.parts_left > 0) return;
  }
  finish(job);
}

void AsyncRun::settle_crop(Job& job, std::uint32_t crop) {
  Outcome outcome = timed(postprocess_, clock_, job.result.frame.id, [&] { return cascade_->finish(job, crop); });
  if (outcome || !job.outcome) return;
  job.outcome = fail(outcome.error().code, parts_.cascade->name + ": " + outcome.error().message);
}

/// Its place in the order.
void AsyncRun::finish(Job& job) {
  conclude(job.result, job.outcome);
  Reorder& reorder = job.lane->reorder;
  reorder.put(job, job.sequence);
  while (Job* next = reorder.next()) emit(*next);
}

void AsyncRun::emit(Job& job) {
  Lane& lane = *job.lane;
  tally_.settle(job.result, job.outcome ? nullptr : &job.outcome.error(), clock_.now());
  ++emitted_;
  ++lane.emitted;
  job.holders.store(static_cast<int>(lane.sinks.size()), std::memory_order_relaxed);
  if (lane.sinks.empty()) release(job);
  for (SinkWorker* sink : lane.sinks) sink->push(job);
  end_lane_if_over(lane);
}

/// Its own sinks finish now: a file of a source that was removed is whole while the others go on.
void AsyncRun::end_lane_if_over(Lane& lane) {
  if (lane.total != lane.emitted) return;
  for (SinkWorker* sink : lane.own_sinks) sink->close();
  lane.over = true;
}

void AsyncRun::release(Job& job) {
  Lane& lane = *job.lane;
  if (job.result.status == FrameStatus::emitted) tally_.count_age(lane.id, clock_.now() - job.result.frame.read_at);
  job.result.frame = {};  // the pixels go back to their source
  bool credit = std::exchange(job.has_credit, false);
  std::size_t bytes = job.credit;
  lane.free.push(&job);
  if (credit) lane.credits.give_back(bytes);
}

}  // namespace inflight
