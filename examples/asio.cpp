// Inferences among the other work of an Asio program: timers, sockets, and co_await on a queue.
//
// async_acquire and async_submit take any completion token of Asio (here use_awaitable). Handlers run on the
// executor that Asio associates with them, never on a thread of the queue or the engine: with one thread in
// io_context::run(), everything below runs on that thread while inferences run beside it.
#include "inflight/asio.hpp"

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_awaitable.hpp>

#include "example.hpp"

using namespace inflight;

namespace {

/// The queue's users, all on one thread: no locks.
struct Tally {
  std::uint64_t frames = 0;
  std::size_t people = 0;
};

asio::awaitable<void> detect(const Detector& detector, InferQueue& queue, Source& source, Tally& tally) {
  for (Frame frame; example::must(source.read(frame));) {
    auto slot = example::must(co_await async_acquire(queue, asio::use_awaitable));
    auto transform = example::must(detector.preprocessor->run(frame.picture(), example::must(slot.input(0))));
    Completed done = co_await async_submit(std::move(slot), {}, asio::use_awaitable);
    example::must(std::move(done.outcome));
    tally.people += example::count(detector, example::must(done.slot.output(0)), transform);
    ++tally.frames;
  }
}

}  // namespace

int main(int argc, char** argv) {
  auto [model, video, frames] = example::arguments(argc, argv);
  auto detector = example::must(make_detector(model));
  auto source = example::must(open_source(video, {.limit = frames}));
  auto queue = example::must(InferQueue::create(detector.model));

  asio::io_context context;
  Tally tally;
  // Several coroutines take frames from one source, so that several inferences overlap.
  for (int i = 0; i < queue.stats().requests; ++i)
    asio::co_spawn(context, detect(detector, queue, *source, tally),
                   [](const std::exception_ptr& error) { example::require(!error, "a coroutine ended badly"); });
  context.run();

  std::cout << tally.frames << " frames, " << tally.people << " people seen, at most " << queue.stats().max_in_flight
            << " inferences in flight\n";
  example::require(tally.frames > 0 && tally.frames == queue.stats().succeeded, "frames were lost");
}
