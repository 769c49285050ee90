// Coroutines that share one queue: straight-line code, several inferences in flight, no callbacks.
//
// Four coroutines each watch a part of the video. `co_await` gives the thread away until a request is free, and
// again until its result is there, so that one thread, the queue's own, carries all four. Only their beginnings,
// up to the first wait, run on the threads that start them: therefore the lock around what they share.
#include <mutex>

#include "example.hpp"

using namespace inflight;

namespace {

/// What the coroutines share.
struct Shared {
  Detector detector;
  InferQueue queue;
  std::mutex preprocessing;  // a preprocessor serves one thread at a time
};

struct Watched {
  std::uint64_t frames = 0;
  std::size_t people = 0;
};

SourceTransform fill(Shared& shared, const Frame& frame, InferQueue::Slot& slot) {
  std::lock_guard lock(shared.preprocessing);
  return example::must(shared.detector.preprocessor->run(frame.picture(), example::must(slot.input(0))));
}

Task<Watched> watch(Shared& shared, std::unique_ptr<Source> part) {
  Watched watched;
  for (Frame frame; example::must(part->read(frame)); ++watched.frames) {
    auto slot = example::must(co_await shared.queue.acquired());
    auto transform = fill(shared, frame, slot);
    Completed done = co_await std::move(slot).run();
    example::must(std::move(done.outcome));
    watched.people += example::count(shared.detector, example::must(done.slot.output(0)), transform);
  }
  co_return watched;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::uint64_t kParts = 4;
  auto [model, video, frames] = example::arguments(argc, argv);
  auto detector = example::must(make_detector(model));
  Shared shared{detector, example::must(InferQueue::create(detector.model)), {}};

  std::vector<std::future<Watched>> parts;
  for (std::uint64_t i = 0; i < kParts; ++i) {
    auto part = example::must(open_source(video, {.start = i * frames / kParts, .limit = frames / kParts}));
    // sync_wait starts a task and waits for its end: one waiting thread for each.
    parts.push_back(std::async(std::launch::async, [&shared, part = std::move(part)]() mutable {
      return sync_wait(watch(shared, std::move(part)));
    }));
  }
  Watched all;
  for (auto& part : parts) {
    auto [seen, people] = part.get();
    std::cout << seen << " frames, " << people << " people\n";
    all.frames += seen;
  }
  std::cout << "at most " << shared.queue.stats().max_in_flight << " inferences in flight\n";
  example::require(all.frames == frames / kParts * kParts, "frames were lost");
}
