// The life of a submission: admitted, run, delivered; and how the queue ends.
#include "infer_queue_state.hpp"

#include <algorithm>

namespace inflight {
namespace {

Error too_late() { return {ErrorCode::deadline_exceeded, "its deadline passed before the inference was done"}; }

}  // namespace

InferQueue::State::State(std::shared_ptr<CompiledModel> model, const InferQueueOptions& options)
    : model_(std::move(model)),
      times_optimal_(options.times_optimal),
      order_(options.order),
      dispatch_(options.dispatch),
      clock_(options.clock ? *options.clock : steady_clock()),
      follows_(options.requests == 0),
      size_(static_cast<std::size_t>(options.requests > 0 ? options.requests : size_for_model())) {}

InferQueue::State::~State() {
  while (!spare_.empty()) delete &spare_.pop();
}

Result<std::shared_ptr<InferQueue::State>> InferQueue::State::create(std::shared_ptr<CompiledModel> model,
                                                                     const InferQueueOptions& options) {
  std::shared_ptr<State> state(new State(std::move(model), options));
  {
    MutexLock lock(state->mutex_);
    while (state->records_.size() < state->size_)
      if (Result<void> added = state->add_request(lock); !added) return fail(std::move(added.error()));
    // The last made is the first to be used otherwise, and tests and traces are easier to read in order.
    std::ranges::reverse(state->idle_);
  }
  if (state->dispatch_ != Dispatch::own_thread) return state;
  if (Result<void> started = state->start_worker(); !started) return fail(std::move(started.error()));
  return state;
}

Result<void> InferQueue::State::start_worker() {
  Result<Worker> worker = Worker::start("infer-queue", [this] { work(); });
  if (!worker) return fail(std::move(worker.error()));
  worker_.emplace(std::move(*worker));
  return {};
}

// ---- submissions ----

Result<Ticket> InferQueue::State::submit(InferRequest& request, std::uint32_t index, Completion done,
                                         const SubmitOptions& options) {
  Result<Ticket> ticket = admit(index, done, options);
  if (!ticket) return ticket;
  // Outside the lock: the engine may take its time, and may answer on another thread before this returns.
  Result<void> started = request.start([this, index](Outcome o) { on_done(index, std::move(o)); });
  if (!started && undo_start(index)) return fail(std::move(started.error()));
  if (closing_.load()) model_->flush();  // close() came in between: what it flushed had not been there yet
  return ticket;
}

Result<Ticket> InferQueue::State::admit(std::uint32_t index, Completion& done, const SubmitOptions& options) {
  MutexLock lock(mutex_);
  if (closed_) {
    recycle(index);
    return closed();
  }
  Ticket ticket{index, ++submissions_};
  Record& record = records_[index];
  record.submission = ticket.submission;
  record.phase = Phase::running;
  record.with_engine = true;
  record.delivered = false;
  record.done = std::move(done);
  record.due = options.deadline;
  if (order_ == StageOrder::in_order) push_order(index);
  ++outstanding_;
  ++stats_.submitted;
  stats_.max_in_flight = std::max(stats_.max_in_flight, ++with_engine_);
  if (!record.due) return ticket;
  auto expired = [self = shared_from_this(), ticket] { self->expire(ticket.slot, ticket.submission); };
  record.deadline = clock_.call_at(*record.due, std::move(expired));
  return ticket;
}

bool InferQueue::State::undo_start(std::uint32_t index) {
  Completion done;  // destroyed after the lock is let go
  MutexLock lock(mutex_);
  Record& record = records_[index];
  record.with_engine = false;
  --with_engine_;
  bool undone = record.phase != Phase::given_up;  // else its end is announced already, and stands
  if (undone) {
    if (record.deadline != 0) clock_.cancel(std::exchange(record.deadline, 0));
    done = std::move(record.done);
    --outstanding_;
    --stats_.submitted;
    if (order_ == StageOrder::in_order) drop_order(index);
    recycle(index);
  } else if (record.delivered) {
    recycle(index);
  }
  settled_.notify_all();
  dispatch(lock);
  return undone;
}

void InferQueue::State::on_done(std::uint32_t index, Outcome outcome) {
  MutexLock lock(mutex_);
  Record& record = records_[index];
  record.with_engine = false;
  --with_engine_;
  if (record.phase == Phase::given_up) {
    if (record.delivered) recycle(index);
  } else {
    if (record.deadline != 0) clock_.cancel(std::exchange(record.deadline, 0));
    // The timer of a deadline that has passed may still be on its way, behind others.
    bool late = record.due && *record.due < clock_.now();
    record.outcome = late ? fail(too_late()) : std::move(outcome);
    record.phase = Phase::ready;
    make_ready(index);
  }
  settled_.notify_all();
  dispatch(lock);
}

void InferQueue::State::expire(std::uint32_t index, std::uint64_t submission) {
  MutexLock lock(mutex_);
  Record& record = records_[index];
  if (record.submission != submission || record.phase != Phase::running) return;
  give_up(index, too_late());
  dispatch(lock);
}

bool InferQueue::State::cancel(Ticket ticket) noexcept {
  MutexLock lock(mutex_);
  if (ticket.slot >= records_.size()) return false;
  Record& record = records_[ticket.slot];
  if (record.submission != ticket.submission || record.phase != Phase::running) return false;
  give_up(ticket.slot, {ErrorCode::cancelled, "the submission was cancelled"});
  dispatch(lock);
  return true;
}

void InferQueue::State::give_up(std::uint32_t index, Error why) {
  Record& record = records_[index];
  if (record.deadline != 0) clock_.cancel(std::exchange(record.deadline, 0));
  record.phase = Phase::given_up;
  record.outcome = fail(std::move(why));
  make_ready(index);
  // Under the lock, so that it cannot hit the next inference of the same request. Engines answer elsewhere.
  records_[index].request->cancel();
}

void InferQueue::State::count(const Outcome& outcome) {
  if (outcome) {
    ++stats_.succeeded;
    stats_.infer_time += outcome->infer_time;
    return;
  }
  switch (outcome.error().code) {
    case ErrorCode::cancelled:
      ++stats_.cancelled;
      break;
    case ErrorCode::deadline_exceeded:
      ++stats_.expired;
      break;
    default:
      ++stats_.failed;
  }
}

// ---- delivery ----

void InferQueue::State::push_order(std::uint32_t index) {
  // A record is in the ring at most once: it is not idle before it was delivered.
  order_at(ring_size_++) = index;
}

void InferQueue::State::drop_order(std::uint32_t index) {
  std::size_t i = 0;
  while (order_at(i) != index) ++i;
  for (--ring_size_; i < ring_size_; ++i) order_at(i) = order_at(i + 1);
}

void InferQueue::State::make_ready(std::uint32_t index) {
  count(records_[index].outcome);
  if (order_ == StageOrder::any_order) push_order(index);
}

std::optional<std::uint32_t> InferQueue::State::next_ready() {
  if (ring_size_ == 0 || (delivering_ && order_ == StageOrder::in_order)) return std::nullopt;
  std::uint32_t index = order_at(0);
  if (records_[index].phase == Phase::running) return std::nullopt;
  ring_head_ = (ring_head_ + 1) % ring_.size();
  --ring_size_;
  return index;
}

void InferQueue::State::deliver(MutexLock& lock, std::uint32_t index) INFLIGHT_UNLOCKS {
  Record& record = records_[index];
  Completion done = std::move(record.done);
  Completed completed{std::move(record.outcome), {}};
  if (record.phase == Phase::ready) {
    record.phase = Phase::leased;
    completed.slot = slot(index);
  } else {
    record.delivered = true;
    if (!record.with_engine) recycle(index);
  }
  delivering_ = true;
  lock.unlock();
  bool returned = call(done, std::move(completed));
  done.reset();
  lock.lock();
  delivering_ = false;
  if (!returned) ++stats_.callback_errors;
  --outstanding_;
  settled_.notify_all();
}

bool InferQueue::State::has_work() {
  return !to_call_.empty() || (ring_size_ > 0 && records_[order_at(0)].phase != Phase::running);
}

void InferQueue::State::deliver_all(MutexLock& lock) {
  while (true) {
    if (std::optional<std::uint32_t> index = next_ready()) {
      deliver(lock, *index);
    } else if (!to_call_.empty()) {
      answer_async(lock);
    } else {
      return;
    }
  }
}

void InferQueue::State::dispatch(MutexLock& lock) {
  if (!has_work()) return;
  if (dispatch_ == Dispatch::own_thread && !worker_stops_) return work_.notify_one();
  deliver_all(lock);
}

void InferQueue::State::work() {
  MutexLock lock(mutex_);
  while (!worker_stops_) {
    deliver_all(lock);
    if (!worker_stops_ && !has_work()) work_.wait(lock);
  }
}

// ---- ending ----

void InferQueue::State::wait_all() {
  model_->flush();
  MutexLock lock(mutex_);
  while (outstanding_ > 0 || with_engine_ > 0) settled_.wait(lock);
}

void InferQueue::State::close() noexcept {
  refuse_more();
  model_->flush();
}

void InferQueue::State::refuse_more() noexcept {
  MutexLock lock(mutex_);
  closed_ = true;
  closing_.store(true);
  while (!waiting_.empty()) answer_first(std::nullopt);
  dispatch(lock);
}

void InferQueue::State::stop() noexcept {
  refuse_more();
  {
    MutexLock lock(mutex_);
    for (std::uint32_t i = 0; i < records_.size(); ++i)
      if (records_[i].phase == Phase::running) give_up(i, {ErrorCode::cancelled, "the queue was stopped"});
    dispatch(lock);
  }
  model_->flush();  // only now: what waits for company is cancelled, not run
}

void InferQueue::State::shut_down() noexcept {
  stop();
  {
    MutexLock lock(mutex_);
    while (outstanding_ > 0 || with_engine_ > 0 || calling_ > 0 || !to_call_.empty()) settled_.wait(lock);
    worker_stops_ = true;
    work_.notify_one();
  }
  worker_.reset();
}

InferQueueStats InferQueue::State::stats() const {
  MutexLock lock(mutex_);
  InferQueueStats copy = stats_;
  copy.requests = static_cast<int>(size_);
  copy.in_flight = with_engine_;
  return copy;
}

}  // namespace inflight
