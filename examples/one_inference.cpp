// One request, four ways to wait for it.
//
// Everything in Inflight is built on InferRequest::start(done): `done` runs once, on a thread of the engine, when
// the inference is over. Waiting, futures and coroutines are a few lines on top of it (inflight/await.hpp). This
// program runs each frame all four ways and checks that the answer is the same.
#include "example.hpp"

using namespace inflight;

namespace {

Outcome by_callback(InferRequest& request) {
  std::promise<Outcome> promise;
  // `done` runs on a thread of the engine and must be quick: here it only passes the outcome on.
  example::must(request.start([&promise](Outcome outcome) { promise.set_value(std::move(outcome)); }));
  return promise.get_future().get();
}

Outcome by_future(InferRequest& request) {
  std::future<Outcome> outcome = infer_future(request);
  return outcome.get();
}

Task<Outcome> by_coroutine(InferRequest& request) { co_return co_await infer_async(request); }

}  // namespace

int main(int argc, char** argv) {
  auto [model, video, frames] = example::arguments(argc, argv);
  auto detector = example::must(make_detector(model));
  auto source = example::must(open_source(video, {.limit = frames}));
  auto request = example::must(detector.model->create_request());

  Frame frame;
  while (example::must(source->read(frame))) {
    // Straight from the frame's YUV planes into the memory that the engine reads.
    auto transform = example::must(detector.preprocessor->run(frame.picture(), example::must(request->input(0))));
    auto people = [&](const Outcome& outcome) {
      example::require(outcome.has_value(), "the inference failed");
      return example::count(detector, example::must(request->output(0)), transform);
    };
    std::size_t waited = people(infer(*request));
    bool same = people(by_callback(*request)) == waited && people(by_future(*request)) == waited &&
                people(sync_wait(by_coroutine(*request))) == waited;
    example::require(same, "the four ways differ");
    std::cout << "frame " << frame.id << ": " << waited << " people, all four ways\n";
  }
}
