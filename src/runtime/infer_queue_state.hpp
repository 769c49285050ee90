// What is behind an InferQueue and its slots.
#pragma once

#include <algorithm>
#include <atomic>
#include <optional>
#include <vector>

#include "hidden.hpp"
#include "inflight/infer_queue.hpp"
#include "mutex.hpp"
#include "worker.hpp"

namespace inflight {

/// The life of a pooled request:
///
///   idle ──acquire──► leased ──submit──► running ──engine done──► ready ──delivered──► leased by the Completed
///    ▲                  │                   │                                                │
///    └──── slot gone ───┴───────────────────│────────────────────────────────────────────────┘
///                                           └─cancel, deadline, stop─► given up: delivered at once, without
///                                              the request, which is idle again when the engine has let it go too
class INFLIGHT_HIDDEN InferQueue::State : public std::enable_shared_from_this<InferQueue::State> {
 public:
  static Result<std::shared_ptr<State>> create(std::shared_ptr<CompiledModel> model, const InferQueueOptions& options);
  ~State();

  Result<Slot> acquire(std::optional<Duration> time) INFLIGHT_EXCLUDES(mutex_);
  Result<Slot> try_acquire() INFLIGHT_EXCLUDES(mutex_);
  void acquire_async(Callback<void(Result<Slot>)> ready) INFLIGHT_EXCLUDES(mutex_);
  Result<Ticket> submit(InferRequest& request, std::uint32_t index, Completion done, const SubmitOptions& options)
      INFLIGHT_EXCLUDES(mutex_);
  void release(std::uint32_t index) noexcept INFLIGHT_EXCLUDES(mutex_);

  bool cancel(Ticket ticket) noexcept INFLIGHT_EXCLUDES(mutex_);
  void wait_all() INFLIGHT_EXCLUDES(mutex_);
  void close() noexcept INFLIGHT_EXCLUDES(mutex_);
  void stop() noexcept INFLIGHT_EXCLUDES(mutex_);
  /// stop(), then waits until neither the engine nor a callback has anything of this queue.
  void shut_down() noexcept INFLIGHT_EXCLUDES(mutex_);

  InferQueueStats stats() const INFLIGHT_EXCLUDES(mutex_);
  CompiledModel& model() const noexcept { return *model_; }

 private:
  enum class Phase : std::uint8_t { idle, leased, running, given_up, ready };

  struct Record {
    std::unique_ptr<InferRequest> request;
    Phase phase = Phase::idle;
    bool with_engine = false;  // between start() and the engine's `done`
    bool delivered = false;    // of a submission that was given up
    std::uint64_t submission = 0;
    std::optional<TimePoint> due;
    TimerId deadline = 0;  // fires then
    Completion done;
    Outcome outcome;
  };

  /// Someone who waits for a request: a blocked thread (the node is on its stack) or an asynchronous caller.
  struct Waiter {
    Waiter* next = nullptr;
    bool answered = false;
    std::optional<std::uint32_t> index;  // none: closed
    Callback<void(Result<Slot>)> ready;  // empty: a blocked thread
  };

  /// Waiters in the order they came, linked through themselves.
  class WaiterList {
   public:
    bool empty() const noexcept { return first_ == nullptr; }
    void push(Waiter& waiter) noexcept;
    Waiter& pop() noexcept;
    void remove(Waiter& waiter) noexcept;

   private:
    Waiter* first_ = nullptr;
    Waiter* last_ = nullptr;
  };

  static tl::unexpected<Error> closed() { return fail(ErrorCode::closed, "the queue is closed"); }

  /// False if the callback threw: a user's exception must not unwind an engine's thread.
  template <class Argument>
  static bool call(Callback<void(Argument)>& callback, Argument argument) noexcept {
    try {
      callback(std::move(argument));
      return true;
    } catch (...) {
      return false;
    }
  }

  State(std::shared_ptr<CompiledModel> model, const InferQueueOptions& options);
  void refuse_more() noexcept INFLIGHT_EXCLUDES(mutex_);
  Result<void> start_worker();

  // Requests and those who wait for one (infer_queue_pool.cpp).
  /// Takes note of what the model now calls optimal, and lets go those who waited for that.
  void follow_model() INFLIGHT_REQUIRES(mutex_);
  int size_for_model() const noexcept { return times_optimal_ * std::max(1, model_->optimal_requests()); }
  bool may_take() const INFLIGHT_REQUIRES(mutex_);
  Result<void> add_request(MutexLock& lock) INFLIGHT_REQUIRES(mutex_);
  /// An idle request if the pool's size allows, made for it where none is left.
  std::optional<std::uint32_t> take(MutexLock& lock) INFLIGHT_REQUIRES(mutex_);
  std::uint32_t take_idle() INFLIGHT_REQUIRES(mutex_);
  Slot slot(std::uint32_t index) INFLIGHT_REQUIRES(mutex_);
  /// None: the queue is closed.
  Result<Slot> to_slot(std::optional<std::uint32_t> index) INFLIGHT_REQUIRES(mutex_);
  /// Blocks until `self` is answered, or until that moment.
  void wait_for_answer(MutexLock& lock, Waiter& self, std::optional<TimePoint> until) INFLIGHT_REQUIRES(mutex_);
  void answer_first(std::optional<std::uint32_t> index) INFLIGHT_REQUIRES(mutex_);
  void answer_waiting() INFLIGHT_REQUIRES(mutex_);
  void call_answered(MutexLock& lock) INFLIGHT_REQUIRES(mutex_);
  void answer_async(MutexLock& lock) INFLIGHT_REQUIRES(mutex_);
  void recycle(std::uint32_t index) INFLIGHT_REQUIRES(mutex_);

  // Submissions (infer_queue_state.cpp).
  /// Registers a submission, unless the queue is closed; `done` is then left alone and the request given back.
  Result<Ticket> admit(std::uint32_t index, Completion& done, const SubmitOptions& options) INFLIGHT_EXCLUDES(mutex_);
  void on_done(std::uint32_t index, Outcome outcome) INFLIGHT_EXCLUDES(mutex_);
  void expire(std::uint32_t index, std::uint64_t submission) INFLIGHT_EXCLUDES(mutex_);
  /// After a failed start. False: the submission had been given up meanwhile, so its callback runs after all.
  bool undo_start(std::uint32_t index) INFLIGHT_EXCLUDES(mutex_);
  void count(const Outcome& outcome) INFLIGHT_REQUIRES(mutex_);
  void give_up(std::uint32_t index, Error why) INFLIGHT_REQUIRES(mutex_);
  void make_ready(std::uint32_t index) INFLIGHT_REQUIRES(mutex_);

  /// The next submission to deliver, in the queue's order; nullopt if it has not ended yet.
  std::optional<std::uint32_t> next_ready() INFLIGHT_REQUIRES(mutex_);
  void deliver(MutexLock& lock, std::uint32_t index) INFLIGHT_REQUIRES(mutex_);
  /// Delivers everything that can be, on this thread; leaves it to the worker where there is one.
  void dispatch(MutexLock& lock) INFLIGHT_REQUIRES(mutex_);
  void deliver_all(MutexLock& lock) INFLIGHT_REQUIRES(mutex_);
  bool has_work() INFLIGHT_REQUIRES(mutex_);
  void work() INFLIGHT_EXCLUDES(mutex_);

  std::uint32_t& order_at(std::size_t i) INFLIGHT_REQUIRES(mutex_) { return ring_[(ring_head_ + i) % ring_.size()]; }
  void push_order(std::uint32_t index) INFLIGHT_REQUIRES(mutex_);
  void drop_order(std::uint32_t index) INFLIGHT_REQUIRES(mutex_);

  const std::shared_ptr<CompiledModel> model_;
  const int times_optimal_;
  const StageOrder order_;
  const Dispatch dispatch_;
  Clock& clock_;
  std::atomic<bool> closing_ = false;  // closed_, for submit() to see without the lock

  mutable Mutex mutex_;
  CondVar answered_;                          // a blocked acquire() has its answer
  CondVar settled_;                           // something completed or was called: for wait_all() and shut_down()
  CondVar work_;                              // for the worker
  bool follows_ INFLIGHT_GUARDED_BY(mutex_);  // the model's optimal_requests()
  std::size_t size_ INFLIGHT_GUARDED_BY(mutex_) = 0;    // so many may be in use; there may be more, unused
  std::size_t adding_ INFLIGHT_GUARDED_BY(mutex_) = 0;  // requests that are being made
  std::vector<Record> records_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<std::uint32_t> idle_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<std::uint32_t> ring_ INFLIGHT_GUARDED_BY(mutex_);  // in_order: as submitted; any_order: as completed
  std::size_t ring_head_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::size_t ring_size_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  WaiterList waiting_ INFLIGHT_GUARDED_BY(mutex_);
  WaiterList to_call_ INFLIGHT_GUARDED_BY(mutex_);  // asynchronous ones that have their answer
  WaiterList spare_ INFLIGHT_GUARDED_BY(mutex_);    // asynchronous ones to use again: waiting must not allocate
  bool closed_ INFLIGHT_GUARDED_BY(mutex_) = false;
  bool worker_stops_ INFLIGHT_GUARDED_BY(mutex_) = false;
  bool delivering_ INFLIGHT_GUARDED_BY(mutex_) = false;  // in order on engine threads: one at a time
  int outstanding_ INFLIGHT_GUARDED_BY(mutex_) = 0;      // submissions whose callback has not returned
  int calling_ INFLIGHT_GUARDED_BY(mutex_) = 0;          // asynchronous waiters whose callback has not returned
  int with_engine_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::uint64_t submissions_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  InferQueueStats stats_ INFLIGHT_GUARDED_BY(mutex_);

  std::optional<Worker> worker_;  // last: joined before what it uses goes
};

}  // namespace inflight
