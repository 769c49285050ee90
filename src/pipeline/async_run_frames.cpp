// The way of a frame, thread by thread: see async_run.hpp.
#include <utility>

#include "async_run.hpp"
#include "steps.hpp"

namespace inflight {
namespace {

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

// ---- source-N ----

void AsyncRun::read_source(Lane& lane) {
  read_frames(lane);
  reader_ended(lane);
}

void AsyncRun::read_frames(Lane& lane) {
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
    lane.since_last_read = job->result.frame.read_at - std::exchange(lane.last_read, job->result.frame.read_at);
    started_.fetch_add(1, std::memory_order_relaxed);
    if (!job->outcome)  // there is nothing to infer, so it takes nobody's place
      completed_.push({job, Completion::Part::frame, 0});
    else if (job->has_credit || make_room(lane, *job))
      decoded_.push(lane.id, *job);
  }
}

/// A job to read into, with a credit where that can be had without waiting, or is worth waiting for. nullptr: the
/// source is to be read no more.
Job* AsyncRun::next_job(Lane& lane, std::size_t bytes) {
  bool credit = lane.credits.try_take(bytes);
  if (!credit && !lane.drops()) {
    TimePoint since = clock_.now();
    credit = lane.credits.take(bytes);
    lane.waited_for_credit.fetch_add((clock_.now() - since).count(), std::memory_order_relaxed);
  }
  if (!credit && !lane.drops()) return nullptr;
  if (lane.removed || closing_) {
    if (credit) lane.credits.give_back(bytes);
    return nullptr;
  }
  Job* job = *lane.free.pop();  // waits only where results of dropped frames pile up behind a slow frame or sink
  job->has_credit = credit;
  return job;
}

/// For a frame that came without a credit: another may have become free meanwhile, or one that waits gives its own up.
/// False: the frame itself goes.
bool AsyncRun::make_room(Lane& lane, Job& job) {
  job.has_credit = lane.credits.try_take(job.credit);
  if (job.has_credit) return true;
  lane.waited_for_credit.fetch_add(lane.since_last_read.count(), std::memory_order_relaxed);
  Job* oldest = lane.entry.setup.overflow == OverflowPolicy::drop_oldest ? decoded_.take_oldest(lane.id) : nullptr;
  Job& dropped = oldest ? *oldest : job;
  if (oldest) {
    job.has_credit = true;
    lane.credits.adjust(oldest->credit, job.credit);
    oldest->has_credit = false;
  }
  dropped.result.frame.drop_pixels();
  skip(dropped, FrameStatus::dropped,
       {ErrorCode::overflow, oldest ? "a newer frame came while it waited for inference"
                                    : "it came while every place for frames of its source was taken"});
  return oldest != nullptr;
}

void AsyncRun::reader_ended(Lane& lane) {
  std::unique_ptr<Source> source;  // goes without the lock: to hang up on a camera may take its time
  {
    MutexLock lock(mutex_);
    source = end_reading(lane);
  }
  source.reset();
  // Last: whoever learns of it may wait for this thread with the lock held.
  completed_.push({nullptr, Completion::Part::source, lane.id});
}

/// The source, which nobody reads any more.
std::unique_ptr<Source> AsyncRun::end_reading(Lane& lane) {
  tally_.end_source(lane.id);
  --readers_left_;
  close_if_done();
  return std::move(lane.entry.source);
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
    Job* job = next_frame();
    if (!job) return;
    look_at_credits(*job);
    if (std::optional<Error> why = reason_to_drop(*job)) {
      skip(*job, FrameStatus::dropped, std::move(*why));
    } else {
      job->parts_left = parts_.models.size();
      runner_->run(*job);
    }
  }
}

/// Counts the time in which the device has too little to do because there is none.
Job* AsyncRun::next_frame() {
  if (Job* job = decoded_.try_pop()) return job;
  TimePoint since = clock_.now();
  Job* job = decoded_.pop();
  if (job && runner_->has_too_little_to_do()) device_waited_ += clock_.now() - since;
  return job;
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
  Lane& lane = *job.lane;
  lane.reorder.put(job, job.sequence);
  while (Job* next = lane.reorder.next()) emit(*next);
  end_lane_if_over(lane);  // last: it may be gone then
}

void AsyncRun::emit(Job& job) {
  Lane& lane = *job.lane;
  tally_.settle(job.result, job.outcome ? nullptr : &job.outcome.error(), clock_.now());
  ++emitted_;
  ++lane.emitted;
  job.holders.store(static_cast<int>(lane.sinks.size()), std::memory_order_relaxed);
  lane.in_sinks.fetch_add(1, std::memory_order_relaxed);
  if (lane.sinks.empty()) release(job);
  for (SinkWorker* sink : lane.sinks) sink->push(job);
}

/// Its own sinks finish now: a file of a source that was removed is whole while the others go on.
void AsyncRun::end_lane_if_over(Lane& lane) {
  if (lane.total != lane.emitted) return;
  for (SinkWorker* sink : lane.own_sinks) sink->close();
  MutexLock lock(mutex_);
  lane.over = true;  // from here on, whoever has the lock may destroy it
  if (lane.credits.held().count == 0) share_out();
}

void AsyncRun::release(Job& job) {
  Lane& lane = *job.lane;
  if (job.result.status == FrameStatus::emitted) tally_.count_age(lane.id, clock_.now() - job.result.frame.read_at);
  job.result.frame = {};  // the pixels go back to their source
  bool credit = std::exchange(job.has_credit, false);
  if (lane.in_sinks.fetch_sub(1, std::memory_order_relaxed) == 1)
    lane.sinks_caught_up.store(true, std::memory_order_relaxed);
  if (credit) lane.credits.give_back(job.credit);
  bool passes_budget_on = lane.over && lane.credits.held().count == 0;
  lane.free.push(&job);  // last: a source that is over may be gone by now
  if (!passes_budget_on) return;
  MutexLock lock(mutex_);
  share_out();
}

}  // namespace inflight
