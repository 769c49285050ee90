// The notebook's loop: two requests that take turns.
//
// While the device works on one frame, the next one is read and converted; then the two requests change places.
// The usual form of this loop ends when the video does, and never looks at the frame that is still in flight.
// Here every turn hands over what the request before it was given, and the last one is collected after the loop.
#include "example.hpp"

using namespace inflight;

namespace {

/// A request with what its result will be about.
struct Turn {
  std::unique_ptr<InferRequest> request;
  SourceTransform transform;
  std::uint64_t frame = 0;
  std::future<Outcome> outcome;  // valid while in flight
};

void start(const Detector& detector, const Frame& frame, Turn& turn) {
  auto input = example::must(turn.request->input(0));
  turn.transform = example::must(detector.preprocessor->run(frame.picture(), input));
  turn.frame = frame.id;
  turn.outcome = infer_future(*turn.request);
}

/// Waits for the turn's result and prints it. False if it has none to come.
bool collect(const Detector& detector, Turn& turn) {
  if (!turn.outcome.valid()) return false;
  example::must(turn.outcome.get());
  auto people = example::count(detector, example::must(turn.request->output(0)), turn.transform);
  std::cout << "frame " << turn.frame << ": " << people << " people\n";
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  auto [model, video, frames] = example::arguments(argc, argv);
  auto detector = example::must(make_detector(model));
  auto source = example::must(open_source(video, {.limit = frames}));
  Turn running{example::must(detector.model->create_request()), {}, 0, {}};
  Turn next{example::must(detector.model->create_request()), {}, 0, {}};

  std::uint64_t read = 0, collected = 0;
  for (Frame frame; example::must(source->read(frame)); ++read) {
    start(detector, frame, next);
    collected += collect(detector, running);
    std::swap(running, next);
  }
  collected += collect(detector, running);  // the last frame

  std::cout << collected << " of " << read << " frames have a result\n";
  example::require(read > 0 && collected == read, "frames were lost");
}
