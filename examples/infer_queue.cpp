// A pool of requests over a video: as many inferences in flight as the device likes, results in order.
//
// acquire() hands out a free request and waits while there is none, so that memory is bounded by the pool.
// in_order makes completions come in the order of submission, whichever inference is ready first. They run on the
// queue's own thread, one after the other: what they touch needs no lock.
#include "example.hpp"

using namespace inflight;

namespace {

/// What the completions gather.
struct Findings {
  const Detector& detector;
  std::uint64_t frames = 0;
  std::size_t people = 0;
  bool in_order = true;

  void add(Completed completed, std::uint64_t frame, const SourceTransform& transform) {
    example::require(completed.outcome.has_value(), "an inference failed");
    in_order = in_order && frame == frames;
    people += example::count(detector, example::must(completed.slot.output(0)), transform);
    ++frames;
  }  // completed.slot goes here, and with it the request: back to the pool
};

}  // namespace

int main(int argc, char** argv) {
  auto [model, video, frames] = example::arguments(argc, argv);
  auto detector = example::must(make_detector(model));
  auto source = example::must(open_source(video, {.limit = frames}));
  Findings findings{detector};
  auto queue = example::must(InferQueue::create(detector.model, {.order = StageOrder::in_order}));

  Frame frame;
  while (example::must(source->read(frame))) {
    auto slot = example::must(queue.acquire());
    auto transform = example::must(detector.preprocessor->run(frame.picture(), example::must(slot.input(0))));
    example::must(std::move(slot).submit([&findings, id = frame.id, transform](Completed completed) {
      findings.add(std::move(completed), id, transform);
    }));
  }
  queue.wait_all();

  InferQueueStats stats = queue.stats();
  std::cout << findings.frames << " frames, " << findings.people << " people seen, "
            << (findings.in_order ? "in order" : "out of order") << ", at most " << stats.max_in_flight << " of "
            << stats.requests << " requests in flight\n";
  example::require(findings.in_order && findings.frames == stats.submitted, "frames were lost or swapped");
}
