// Waiting for inferences by call, by future and by co_await:
//
//   Task<int> count_people(InferQueue& queue, Video& video) {
//     auto slot = co_await queue.acquired();
//     fill(video, slot->input(0).value());
//     Completed done = co_await std::move(*slot).run();
//     co_return count(done.slot.output(0).value());
//   }
//   int people = sync_wait(count_people(queue, video));
#pragma once

#include <condition_variable>
#include <coroutine>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "inflight/api.hpp"
#include "inflight/infer_queue.hpp"

namespace INFLIGHT_API inflight {

/// A coroutine that yields one T to the coroutine that awaits it. Starts when it is awaited; move-only.
/// An exception that leaves it is rethrown to the awaiter.
template <class T = void>
class Task;

namespace detail {

/// What Task<T> and Task<void> share: start suspended, resume the awaiter at the end.
struct TaskPromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();
  std::exception_ptr exception{};

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
      return self.promise().continuation;
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception = std::current_exception(); }
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  std::optional<T> value{};
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
  T take() {
    if (exception) std::rethrow_exception(exception);
    return std::move(*value);
  }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const {
    if (exception) std::rethrow_exception(exception);
  }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;

  explicit Task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
  Task(Task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(coroutine_, other.coroutine_);
    return *this;
  }
  ~Task() {
    if (coroutine_) coroutine_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    coroutine_.promise().continuation = awaiter;
    return coroutine_;
  }
  T await_resume() { return coroutine_.promise().take(); }

 private:
  std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}

/// The coroutine between sync_wait and the task: it starts at once and reports its end to a waiting thread.
struct SyncWaiter {
  struct promise_type {
    SyncWaiter get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }  // the task keeps exceptions to itself
  };
};

struct Latch {
  std::mutex mutex{};
  std::condition_variable condition{};
  bool open = false;
  void set() {
    std::lock_guard lock(mutex);
    open = true;
    condition.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex);
    condition.wait(lock, [this] { return open; });
  }
};

/// Awaits a task to its end without taking its value, so that nothing is thrown here.
template <class T>
struct UntilDone {
  Task<T>& task;
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    return task.await_suspend(awaiter);
  }
  void await_resume() const noexcept {}
};

template <class T>
SyncWaiter run_to_end(Task<T>& task, Latch& latch) {
  co_await UntilDone<T>{task};
  latch.set();
}

}  // namespace detail

/// Runs `task` and waits on this thread until it is done. Returns its value or rethrows its exception.
template <class T>
T sync_wait(Task<T> task) {
  detail::Latch latch;
  detail::run_to_end(task, latch);
  latch.wait();
  return task.await_resume();
}

// ---- one request -----------------------------------------------------------------------------------------

/// Starts an idle request and waits for it.
inline Outcome infer(InferRequest& request) {
  detail::Latch latch;
  Outcome outcome;
  auto done = [&](Outcome o) {
    outcome = std::move(o);
    latch.set();
  };
  if (Result<void> started = request.start(done); !started) return fail(std::move(started.error()));
  latch.wait();
  return outcome;
}

/// Starts an idle request; a failed start arrives through the future too.
inline std::future<Outcome> infer_future(InferRequest& request) {
  auto promise = std::make_shared<std::promise<Outcome>>();
  std::future<Outcome> future = promise->get_future();
  Result<void> started = request.start([promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
  if (!started) promise->set_value(fail(std::move(started.error())));
  return future;
}

/// `Outcome outcome = co_await infer_async(request);` resumes on a thread of the engine: what follows must
/// keep the rules of `Done`, up to the next suspension.
inline auto infer_async(InferRequest& request) noexcept {
  struct Awaiter {
    InferRequest& request;
    Outcome outcome{};

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) {
      // After a successful start the coroutine may already run elsewhere: *this is not touched any more.
      Result<void> started = request.start([this, coroutine](Outcome o) {
        outcome = std::move(o);
        coroutine.resume();
      });
      if (!started) outcome = fail(std::move(started.error()));
      return started.has_value();
    }
    Outcome await_resume() { return std::move(outcome); }
  };
  return Awaiter{request};
}

// ---- a queue ---------------------------------------------------------------------------------------------

inline auto InferQueue::acquired() noexcept {
  struct Awaiter {
    InferQueue& queue;
    Result<Slot> slot = fail(ErrorCode::would_block, "");

    bool await_ready() {
      slot = queue.try_acquire();
      return slot || slot.error().code != ErrorCode::would_block;
    }
    void await_suspend(std::coroutine_handle<> coroutine) {
      queue.acquire_async([this, coroutine](Result<Slot> s) {
        slot = std::move(s);
        coroutine.resume();
      });
    }
    Result<Slot> await_resume() { return std::move(slot); }
  };
  return Awaiter{*this};
}

inline auto InferQueue::Slot::run(const SubmitOptions& options) && {
  struct Awaiter {
    Slot slot{};
    SubmitOptions options{};
    std::optional<Completed> completed{};

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> coroutine) {
      Result<Ticket> ticket = std::move(slot).submit(
          [this, coroutine](Completed c) {
            completed = std::move(c);
            coroutine.resume();
          },
          options);
      if (!ticket) completed = Completed{fail(std::move(ticket.error())), {}};
      return ticket.has_value();
    }
    Completed await_resume() { return std::move(*completed); }
  };
  return Awaiter{std::move(*this), options};
}

}  // namespace INFLIGHT_API inflight
