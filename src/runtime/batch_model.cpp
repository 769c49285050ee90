#include "batch_model.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "batch_request.hpp"
#include "request_errors.hpp"

namespace inflight {
namespace {

BatchPolicy policy_for(const std::vector<BatchSize>& ladder, const CompileOptions& options) {
  BatchPolicy policy = options.batching;
  policy.max_size = ladder.back().size;
  return policy;
}

}  // namespace

BatchModel::BatchModel(std::vector<BatchSize> ladder, const CompileOptions& options)
    : ladder_(std::move(ladder)),
      clock_(options.clock ? *options.clock : steady_clock()),
      max_running_(std::max(1, ladder_.back().model->optimal_requests())),
      planner_(policy_for(ladder_, options)) {}

BatchModel::~BatchModel() {
  // Requests keep the model alive, so nothing waits or runs any more; only a stale timer may be pending.
  clock_.cancel(timer_);
}

Result<std::shared_ptr<BatchModel>> BatchModel::create(std::vector<BatchSize> ladder, const CompileOptions& options) {
  std::shared_ptr<BatchModel> model(new BatchModel(std::move(ladder), options));
  if (Result<void> created = model->create_runs(); !created) return fail(std::move(created.error()));
  return model;
}

Result<void> BatchModel::create_runs() {
  for (BatchSize& size : ladder_) {
    bool largest = &size == &ladder_.back();
    for (int i = 0; i < (largest ? 2 : 1) * max_running_; ++i) {
      Result<std::unique_ptr<InferRequest>> request = size.model->create_request();
      if (!request) return fail(std::move(request.error()));
      // What an incomplete batch leaves free is computed, too, and chance contents may be slow: denormal numbers.
      for (std::size_t port = 0; port < size.model->info().inputs.size(); ++port)
        if (Result<TensorView> input = (*request)->input(port); input)
          std::ranges::fill(input->as_bytes(), std::byte{0});
      size.runs.push_back(std::make_unique<BatchRun>(*this, size, std::move(*request)));
      size.free.push_back(size.runs.back().get());
    }
  }
  return {};
}

RuntimeInfo BatchModel::runtime() const {
  RuntimeInfo info = ladder_.back().model->runtime();
  info.device = fmt::format("BATCH:{}({})", info.device, ladder_.back().size);
  return info;
}

Result<std::unique_ptr<InferRequest>> BatchModel::create_request() {
  return std::make_unique<BatchRequest>(shared_from_this());
}

// ---- gathering ----

Result<void> BatchModel::start(BatchRequest& request, Done done) {
  Launches launches;
  {
    MutexLock lock(mutex_);
    if (request.phase_ != BatchRequest::Phase::idle) return busy();
    TimePoint now = clock_.now();
    request.done_ = std::move(done);
    request.started_ = now;
    request.cancelled_ = false;
    request.alone_ = false;
    planner_.arrived(now);
    flushing_ = false;  // somebody came after all
    append(request);
    launches = plan(now);
  }
  launch(launches);
  return {};
}

void BatchModel::flush() noexcept {
  Launches launches;
  {
    MutexLock lock(mutex_);
    flushing_ = true;
    launches = plan(clock_.now());
  }
  launch(launches);
}

void BatchModel::on_timer() {
  Launches launches;
  {
    MutexLock lock(mutex_);
    timer_ = 0;
    launches = plan(clock_.now());
  }
  launch(launches);
}

BatchModel::Launches BatchModel::plan(TimePoint now) {
  Launches launches;
  while (pending_ > 0 && has_room() && may_launch(now)) launches.push_back(form_batch());
  return launches;
}

/// A full batch cannot grow while it waits for a lane, so it does that inside the device, which then goes on without
/// waiting for inputs to be copied.
bool BatchModel::has_room() const {
  if (running_ < max_running_) return true;
  return running_ < 2 * max_running_ && pending_ >= max_size() && !first_->alone_;
}

/// Sets the timer where the answer is "not yet". With all lanes busy nobody asks: batches grow until one is free.
bool BatchModel::may_launch(TimePoint now) {
  if (first_->alone_) return true;
  int could_join = requests_ - pending_ - in_batches_;
  std::optional<TimePoint> later = planner_.wait_until({pending_, could_join, first_->started_, flushing_}, now);
  if (later) set_timer(*later);
  return !later;
}

BatchRun* BatchModel::form_batch() {
  int count = first_->alone_ ? 1 : std::min(pending_, max_size());
  BatchSize& size = smallest_holding(count);
  BatchRun& run = *size.free.back();  // each size has one for every lane, the largest two
  size.free.pop_back();
  run.members_.clear();
  for (int i = 0; i < count; ++i) run.members_.push_back(&take_first());
  in_batches_ += count;
  ++running_;
  return &run;
}

BatchSize& BatchModel::smallest_holding(int count) noexcept {
  return *std::ranges::find_if(ladder_, [count](const BatchSize& s) { return s.size >= count; });
}

void BatchModel::set_timer(TimePoint when) {
  if (timer_ != 0 && timer_due_ == when) return;
  if (timer_ != 0) clock_.cancel(timer_);
  timer_due_ = when;
  timer_ = clock_.call_at(when, [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->on_timer();
  });
}

void BatchModel::append(BatchRequest& request) {
  request.phase_ = BatchRequest::Phase::pending;
  request.next_ = nullptr;
  (last_ ? last_->next_ : first_) = &request;
  last_ = &request;
  ++pending_;
}

BatchRequest& BatchModel::take_first() {
  BatchRequest& request = *first_;
  first_ = request.next_;
  if (!first_) last_ = nullptr;
  --pending_;
  request.phase_ = BatchRequest::Phase::in_batch;
  return request;
}

// ---- running ----

void BatchModel::launch(const Launches& launches) {
  for (BatchRun* run : launches) run->start();
}

void BatchModel::finished(BatchRun& run, const Outcome& outcome) {
  std::vector<BatchRequest*> members = run.members_;
  bool retry = !outcome && outcome.error().code != ErrorCode::cancelled && members.size() > 1;
  Launches launches;
  {
    MutexLock lock(mutex_);
    --running_;
    in_batches_ -= static_cast<int>(members.size());
    run.size_.free.push_back(&run);
    for (BatchRequest* member : members) {
      if (!retry) continue;
      member->alone_ = true;
      append(*member);
    }
    launches = plan(clock_.now());
  }
  // Before the callers hear of it: the device goes on while they read. Nothing of this object may be touched
  // after the last of them, who may let it go.
  launch(launches);
  if (retry) return;
  for (BatchRequest* member : members) {
    Outcome own = outcome;
    if (own) own = Served{outcome->device, static_cast<int>(members.size()), clock_.now() - member->started_};
    complete(*member, std::move(own));
  }
}

/// Answered on a thread of the clock, as completions never come on the thread that starts.
void BatchModel::failed_to_start(BatchRun& run, Error error) {
  clock_.call_at(clock_.now(),
                 [this, &run, error = std::move(error)]() mutable { finished(run, fail(std::move(error))); });
}

void BatchModel::complete(BatchRequest& request, Outcome outcome) {
  Done done;
  {
    MutexLock lock(mutex_);
    if (request.cancelled_) outcome = fail(ErrorCode::cancelled, "the inference was cancelled");
    done = std::move(request.done_);
    request.phase_ = BatchRequest::Phase::idle;
    ++request.calls_;
  }
  done(std::move(outcome));
  done.reset();
  MutexLock lock(mutex_);
  --request.calls_;
  settled_.notify_all();
}

void BatchModel::cancel(BatchRequest& request) noexcept {
  MutexLock lock(mutex_);
  if (request.phase_ == BatchRequest::Phase::idle) return;
  request.cancelled_ = true;
  if (request.phase_ != BatchRequest::Phase::pending) return;
  BatchRequest* before = nullptr;
  for (BatchRequest* r = first_; r != &request; r = r->next_) before = r;
  (before ? before->next_ : first_) = request.next_;
  if (last_ == &request) last_ = before;
  --pending_;
  request.phase_ = BatchRequest::Phase::in_batch;  // until it is answered, on a thread of the clock
  clock_.call_at(clock_.now(), [this, &request] { complete(request, Served{}); });
}

void BatchModel::leave(BatchRequest& request) {
  MutexLock lock(mutex_);
  while (request.phase_ != BatchRequest::Phase::idle || request.calls_ > 0) settled_.wait(lock);
  --requests_;
}

}  // namespace inflight
