#include "async_run.hpp"

#include <algorithm>
#include <utility>

#include "steps.hpp"

namespace inflight {
namespace {

/// Frames on their way: one for each request, a few decoded ahead so that requests never wait for a decoder,
/// and a few behind so that a sink may be late without stopping the device.
std::size_t frames_per_source(const RunParts& parts, int requests) {
  constexpr int kDecodedAhead = 4;
  constexpr int kBehind = 12;
  if (parts.options.max_frames <= 0) return static_cast<std::size_t>(requests + kDecodedAhead + kBehind);
  return std::max<std::size_t>(1, static_cast<std::size_t>(parts.options.max_frames) / parts.sources.size());
}

/// Places for them, and for more where the number of requests follows the model.
std::size_t jobs_per_source(const RunParts& parts, int requests) {
  constexpr std::size_t kRoomToGrow = 256;
  bool grows = parts.options.max_frames <= 0 && parts.options.requests == 0;
  return std::max(frames_per_source(parts, requests), grows ? kRoomToGrow : 0);
}

std::size_t expected_bytes(const Source& source) {
  Picture picture;
  picture.size = source.info().size;
  return picture.bytes();
}

}  // namespace

AsyncRun::Lane::Lane(const RunParts& parts, int requests, std::size_t count, StageMeter meter)
    : credits(parts.options.max_frame_bytes / parts.sources.size(), frames_per_source(parts, requests)),
      free(count),
      reorder(count),
      decode(std::move(meter)) {
  provide(frames_per_source(parts, requests));
}

void AsyncRun::Lane::provide(std::size_t frames) {
  while (jobs.size() < frames) {
    jobs.push_back(std::make_unique<Job>());
    free.push(jobs.back().get());
  }
}

AsyncRun::AsyncRun(RunParts& parts, Tally& tally, EventLog& events, InferQueue queue)
    : parts_(parts),
      tally_(tally),
      events_(events),
      clock_(parts.clock()),
      queue_(std::move(queue)),
      requests_(queue_.stats().requests),
      jobs_per_source_(jobs_per_source(parts, requests_)),
      decoded_(jobs_per_source_ * parts.sources.size()),
      completed_(jobs_per_source_ * parts.sources.size()),
      preprocess_(tally.meter(Stage::preprocess, "feed")),
      infer_(tally.meter(Stage::infer, "post")),
      postprocess_(tally.meter(Stage::postprocess, "post")),
      sources_left_(static_cast<int>(parts.sources.size())) {
  for (std::size_t i = 0; i < parts_.sources.size(); ++i)
    lanes_.push_back(std::make_unique<Lane>(parts_, requests_, jobs_per_source_,
                                            tally.meter(Stage::decode, "source-" + std::to_string(i))));
}

AsyncRun::~AsyncRun() = default;

RunNumbers AsyncRun::run() {
  start_sinks();
  {
    Worker post_thread("post", [this] { post(); });
    {
      Worker feed_thread("feed", [this] { feed(); });
      std::vector<Worker> source_threads;
      for (SourceId id = 0; id < lanes_.size(); ++id)
        source_threads.emplace_back("source-" + std::to_string(id), [this, id] { read_source(id); });
    }
    // Beyond this point no new inferences start.
    queue_.wait_all();
    completed_.close();
  }
  // Beyond this point no new results come out.
  for (auto& sink : sinks_) sink->close();
  for (auto& sink : sinks_) sink->join();

  RunNumbers numbers;
  numbers.requests = queue_.stats().requests;
  for (auto& lane : lanes_) numbers[Stage::decode].merge(lane->decode);
  numbers[Stage::preprocess].merge(preprocess_);
  numbers[Stage::infer].merge(infer_);
  numbers[Stage::postprocess].merge(postprocess_);
  for (auto& sink : sinks_) numbers[Stage::sink].merge(sink->meter());
  return numbers;
}

void AsyncRun::end(bool drop) noexcept {
  if (drop) dropping_.store(true);
  closing_.store(true);
  for (SourceId id = 0; id < lanes_.size(); ++id) {
    lanes_[id]->credits.close();
    parts_.sources[id].source->interrupt();
  }
}

void AsyncRun::fill(RunStatus& status) const {
  InferQueueStats requests = queue_.stats();
  status.requests = requests.requests;
  status.in_flight = requests.in_flight;
  for (const auto& lane : lanes_) {
    Credits::Held held = lane->credits.held();
    status.frames_held += held.count;
    status.most_frames += held.max_count;
    status.bytes_held += held.bytes;
    status.most_bytes += held.max_bytes;
  }
  status.waiting_to_infer = decoded_.size();
  status.waiting_to_post = completed_.size();
}

// ---- sinks ----

void AsyncRun::start_sinks() {
  for (SourceId id = 0; id < lanes_.size(); ++id)
    for (auto& sink : parts_.sources[id].sinks) lanes_[id]->sinks.push_back(&start_sink(std::move(sink)));
  for (auto& sink : parts_.shared_sinks) {
    SinkWorker& shared = start_sink(std::move(sink));
    for (auto& lane : lanes_) lane->sinks.push_back(&shared);
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
  std::size_t capacity = jobs_per_source_ * lanes_.size();
  StageMeter meter = tally_.meter(Stage::sink, "sink-" + std::to_string(sinks_.size()));
  SinkWorker::Handlers handlers{let_go, failed, clock_};
  sinks_.push_back(std::make_unique<SinkWorker>(std::move(sink), std::move(meter), capacity, std::move(handlers)));
  return *sinks_.back();
}

// ---- source-N ----

void AsyncRun::read_source(SourceId id) {
  Lane& lane = *lanes_[id];
  std::size_t bytes = expected_bytes(*parts_.sources[id].source);
  for (std::uint64_t sequence = 0; lane.credits.take(bytes); ++sequence) {
    Job& job = **lane.free.pop();  // as many jobs as credits: never waits
    job.sequence = sequence;
    if (closing_.load(std::memory_order_relaxed) || !read_into(id, job)) {
      lane.free.push(&job);
      lane.credits.give_back(bytes);
      break;
    }
    // A frame that could not be read holds nothing, but says nothing about the next either.
    job.credit = job.result.frame ? job.result.frame.picture().bytes() : bytes;
    lane.credits.adjust(bytes, job.credit);
    bytes = job.credit;
    decoded_.push(&job);
  }
  if (sources_left_.fetch_sub(1) == 1) decoded_.close();
}

bool AsyncRun::read_into(SourceId id, Job& job) {
  Result<bool> got = read_frame(parts_, id, job.result.frame, lanes_[id]->decode);
  std::optional<Outcome> outcome = count_reading(std::move(got), tally_, events_, clock_.now());
  if (!outcome) return false;
  job.outcome = std::move(*outcome);
  job.result.status = FrameStatus::emitted;  // unless something comes in between
  return true;
}

// ---- feed ----

void AsyncRun::feed() {
  while (std::optional<Job*> job = decoded_.pop()) feed_frame(**job);
}

void AsyncRun::feed_frame(Job& job) {
  if (!job.outcome) return completed(job);  // it could not even be read
  Result<InferQueue::Slot> slot = queue_.acquire();
  follow_requests();
  if (!slot) return skip(job, FrameStatus::failed, std::move(slot.error()));
  // Only now: what was waiting for a request when the run was stopped is dropped too.
  if (dropping_.load(std::memory_order_relaxed))
    return skip(job, FrameStatus::dropped, {ErrorCode::closed, "the run was stopped"});
  auto transform = timed(preprocess_, clock_, job.result.frame.id,
                         [&] { return preprocess(parts_.detector, job.result.frame.picture(), slot->request()); });
  if (!transform) return skip(job, FrameStatus::failed, std::move(transform.error()));
  job.transform = *transform;
  if (tally_.recorder()) job.times = {submitted_++, slot->index(), clock_.now(), {}};
  Result<Ticket> ticket = std::move(*slot).submit([this, &job](Completed done) {
    job.outcome = std::move(done.outcome);
    job.slot = std::move(done.slot);
    if (job.times) job.times->completed = clock_.now();
    completed(job);
  });
  if (!ticket) skip(job, FrameStatus::failed, std::move(ticket.error()));
}

/// Another device may have taken over that needs more frames on their way, or fewer.
void AsyncRun::follow_requests() {
  int requests = queue_.stats().requests;
  if (requests == std::exchange(requests_, requests)) return;
  std::size_t frames = std::min(frames_per_source(parts_, requests), jobs_per_source_);
  for (auto& lane : lanes_) {
    lane->provide(frames);
    lane->credits.set_max_count(frames);
  }
}

/// A frame that will not be inferred goes on to its place in the order all the same.
void AsyncRun::skip(Job& job, FrameStatus status, Error why) {
  job.times.reset();
  job.result.status = status;
  job.outcome = fail(std::move(why));
  completed(job);
}

void AsyncRun::completed(Job& job) { completed_.push(&job); }

// ---- post ----

void AsyncRun::post() {
  while (std::optional<Job*> job = completed_.pop()) {
    settle(**job);
    Reorder& reorder = lanes_[(*job)->result.frame.source]->reorder;
    reorder.put(**job, (*job)->sequence);
    while (Job* next = reorder.next()) emit(*next);
  }
}

/// On this thread, so that the engine's does nothing but hand on.
void AsyncRun::record(Job& job) {
  if (!job.times) return;
  tally_.recorder()->request(request_record(parts_.detector, job.outcome, *job.times));
  job.times.reset();
}

void AsyncRun::settle(Job& job) {
  FrameResult& result = job.result;
  result.device.clear();
  result.infer_time = Duration{0};
  record(job);
  if (job.outcome) {
    result.device = job.outcome->device;
    result.infer_time = job.outcome->infer_time;
    infer_.record(result.infer_time);
    job.outcome = timed(postprocess_, clock_, result.frame.id,
                        [&] { return postprocess(parts_.detector, job.slot.request(), job.transform, result); });
  }
  job.slot = {};  // the request is free for the next frame
  conclude(result, job.outcome);
}

void AsyncRun::emit(Job& job) {
  tally_.settle(job.result, job.outcome ? nullptr : &job.outcome.error(), clock_.now());
  std::vector<SinkWorker*>& sinks = lanes_[job.result.frame.source]->sinks;
  job.holders.store(static_cast<int>(sinks.size()), std::memory_order_relaxed);
  if (sinks.empty()) return release(job);
  for (SinkWorker* sink : sinks) sink->push(job);
}

void AsyncRun::release(Job& job) {
  Lane& lane = *lanes_[job.result.frame.source];
  job.result.frame = {};  // the pixels go back to their source
  lane.free.push(&job);
  lane.credits.give_back(job.credit);
}

}  // namespace inflight
