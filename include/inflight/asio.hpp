// Asio completion tokens for the queue: callbacks, futures, coroutines and executors of Asio's users.
//
//   asio::awaitable<void> detect(InferQueue& queue) {
//     auto slot = co_await inflight::async_acquire(queue, asio::use_awaitable);
//     Completed done = co_await inflight::async_submit(std::move(*slot), {}, asio::use_awaitable);
//   }
//
// Handlers run on the executor that Asio associates with them, never on a thread of the queue or the engine.
#pragma once

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/dispatch.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <memory>
#include <utility>

#include "inflight/api.hpp"
#include "inflight/infer_queue.hpp"

namespace INFLIGHT_API inflight {
namespace detail {

/// An Asio handler on its way through the queue: keeps its executor at work, and posts the answer to it.
template <class Handler, class Value>
class AsioAnswer {
 public:
  explicit AsioAnswer(Handler handler) : handler_(std::move(handler)), work_(asio::get_associated_executor(handler_)) {}

  void post(Value value) {
    auto executor = work_.get_executor();
    asio::post(executor, [handler = std::move(handler_), value = std::move(value)]() mutable {
      std::move(handler)(std::move(value));
    });
    work_.reset();
  }

 private:
  Handler handler_;
  asio::executor_work_guard<asio::associated_executor_t<Handler>> work_;
};

}  // namespace detail

/// Signature void(Result<InferQueue::Slot>).
template <class Token>
auto async_acquire(InferQueue& queue, Token&& token) {
  return asio::async_initiate<Token, void(Result<InferQueue::Slot>)>(
      [&queue](auto handler) {
        using Answer = detail::AsioAnswer<decltype(handler), Result<InferQueue::Slot>>;
        auto answer = std::make_unique<Answer>(std::move(handler));
        queue.acquire_async(
            [answer = std::move(answer)](Result<InferQueue::Slot> slot) { answer->post(std::move(slot)); });
      },
      token);
}

/// Signature void(Completed). A failed start arrives in `outcome`.
template <class Token>
auto async_submit(InferQueue::Slot slot, const SubmitOptions& options, Token&& token) {
  return asio::async_initiate<Token, void(Completed)>(
      [options](auto handler, InferQueue::Slot s) {
        using Answer = detail::AsioAnswer<decltype(handler), Completed>;
        auto answer = std::make_shared<Answer>(std::move(handler));
        Result<Ticket> ticket =
            std::move(s).submit([answer](Completed completed) { answer->post(std::move(completed)); }, options);
        if (!ticket) answer->post(Completed{fail(std::move(ticket.error())), {}});
      },
      token, std::move(slot));
}

}  // namespace INFLIGHT_API inflight
