// A bounded pool of requests over any CompiledModel:
//
//   auto queue = inflight::InferQueue::create(model).value();
//   while (read(frame)) {
//     auto slot = queue.acquire().value();               // waits until a request is free
//     fill(frame, slot.input(0).value());                // straight into its memory
//     std::move(slot).submit([](inflight::Completed c) { use(c); });  // c.slot goes back to the pool with c
//   }
//   queue.wait_all();
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <optional>

#include "inflight/api.hpp"
#include "inflight/engine.hpp"

namespace INFLIGHT_API inflight {

enum class StageOrder : std::uint8_t { in_order, any_order };

/// Which thread runs callbacks and resumes coroutines. `own_thread`: the queue's, so callbacks may take
/// their time and never hold the device up. `engine_thread`: the engine's, sparing the hand-over; the
/// callback must then keep the rules of `Done`. (Given up by cancel, stop or deadline, a submission is
/// answered on the thread that gave it up.)
enum class Dispatch : std::uint8_t { own_thread, engine_thread };

struct InferQueueOptions {
  /// Pool size; 0: times_optimal × the model's optimal_requests(), and it follows that while the queue runs (a
  /// virtual device changes it when another device takes over). It grows in acquire(), on the caller's thread.
  int requests = 0;
  StageOrder order = StageOrder::any_order;  ///< in_order: completions come in the order of submission
  Dispatch dispatch = Dispatch::own_thread;
  Clock* clock = nullptr;  ///< for deadlines and time-outs; nullptr: steady_clock()
  int times_optimal = 1;
};

struct SubmitOptions {
  /// If it passes first, the submission completes with deadline_exceeded and its result is discarded.
  std::optional<TimePoint> deadline{};
};

/// Names one submission, for InferQueue::cancel.
struct Ticket {
  std::uint32_t slot = 0;
  std::uint64_t submission = 0;
};

struct InferQueueStats {
  std::uint64_t submitted = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;           ///< by the engine
  std::uint64_t cancelled = 0;        ///< by cancel or stop
  std::uint64_t expired = 0;          ///< deadline passed
  std::uint64_t callback_errors = 0;  ///< callbacks that threw; the exception ends there
  int requests = 0;                   ///< pool size: so many may be in use
  int in_flight = 0;
  int max_in_flight = 0;   ///< the most ever
  Duration queue_time{0};  ///< total time that acquire() waited for a free request
  Duration infer_time{0};  ///< total over succeeded submissions
};

struct Completed;

/// Thread-safe. Moves are not: hold it still while others use it. Destruction is stop() and then waiting for
/// the engine and the callbacks; never destroy it from within a callback.
class InferQueue {
 public:
  class Slot;
  using Completion = Callback<void(Completed)>;

  static Result<InferQueue> create(std::shared_ptr<CompiledModel> model, const InferQueueOptions& options = {});
  InferQueue(InferQueue&&) noexcept;
  InferQueue& operator=(InferQueue&&) noexcept;
  ~InferQueue();

  /// A free request; waits until there is one. Errors: closed.
  Result<Slot> acquire();
  /// Errors: would_block, closed.
  Result<Slot> try_acquire();
  /// Waits at most `time` of the queue's clock. Errors: would_block, closed.
  Result<Slot> acquire_for(Duration time);
  /// Calls `ready` once with a free request, or with `closed`: at once on this thread if one is free, else on
  /// the queue's thread (own_thread) or on the one that returned a request (engine_thread). First come, first
  /// served, also against acquire().
  void acquire_async(Callback<void(Result<Slot>)> ready);
  /// `auto slot = co_await queue.acquired();`
  auto acquired() noexcept;

  /// Gives one submission up: it completes with `cancelled`, unless its result came first (then false).
  bool cancel(Ticket ticket) noexcept;

  /// Waits until nothing is in flight and every callback has returned. Not from within a callback. What waits to
  /// be gathered into a batch waits no longer (CompiledModel::flush).
  void wait_all();
  /// No more input: acquire() and submit() fail with `closed` from now on; what is in flight completes, without
  /// waiting for company.
  void close() noexcept;
  /// close(), and what is in flight completes with `cancelled`.
  void stop() noexcept;

  InferQueueStats stats() const;
  CompiledModel& model() const noexcept;

  class State;

 private:
  explicit InferQueue(std::shared_ptr<State> state) noexcept;
  std::shared_ptr<State> state_;
};

/// Exclusive use of one pooled request. Returns to the pool when let go: unsubmitted, or with the Completed
/// that brought it back. Move-only; keeps the pool alive.
class InferQueue::Slot {
 public:
  Slot() noexcept = default;
  Slot(Slot&& other) noexcept;
  Slot& operator=(Slot&& other) noexcept;
  ~Slot();
  explicit operator bool() const noexcept { return state_ != nullptr; }

  Result<TensorView> input(std::size_t port);
  Result<TensorView> output(std::size_t port);
  InferRequest& request() noexcept;
  /// Which of the pool's requests this is, from 0: Ticket::slot of what is submitted with it.
  std::uint32_t index() const noexcept { return index_; }

  /// Starts the request; the slot is then empty. After success `done` runs exactly once; after an error
  /// it never runs, and the request is back in the pool. Errors: closed, those of InferRequest::start.
  Result<Ticket> submit(Completion done, const SubmitOptions& options = {}) &&;
  /// The same by future; the error of a failed start arrives through the future too.
  std::future<Completed> submit(const SubmitOptions& options = {}) &&;
  /// `Completed c = co_await std::move(slot).run();` resumes where the queue dispatches.
  auto run(const SubmitOptions& options = {}) &&;

 private:
  friend class InferQueue::State;
  Slot(std::shared_ptr<State> state, InferRequest& request, std::uint32_t index) noexcept;
  std::shared_ptr<State> state_;
  InferRequest* request_ = nullptr;
  std::uint32_t index_ = 0;
};

/// A submission that has ended.
struct Completed {
  Outcome outcome{};
  /// The request, to read outputs from; its place in the pool is free once this is gone. Empty where the
  /// submission was given up while the engine still works on it.
  InferQueue::Slot slot{};
};

}  // namespace INFLIGHT_API inflight

#include "inflight/await.hpp"  // defines acquired() and run()
