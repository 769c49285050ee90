// All of it: decode, convert, infer, find, put in order, with every core and the device kept busy.
//
// This is what `inflight run` is made of. Further sinks write an annotated video (open_video_sink) or JSON lines
// (open_json_sink); each runs on a thread of its own, off the path that feeds the device.
#include "example.hpp"

using namespace inflight;

int main(int argc, char** argv) {
  auto [model, video, frames] = example::arguments(argc, argv);
  Pipeline pipeline(example::must(make_detector(model, "CPU")));
  pipeline.add_source(example::must(open_source(video, {.limit = frames})));
  pipeline.on_result([](const FrameResult& result) {
    std::cout << "frame " << result.frame.id << ": " << result.detections.size() << " people\n";
  });
  RunSummary summary = example::must(pipeline.run());
  std::cout << to_text(summary);
  example::require(summary.error.empty() && summary.frames.emitted == summary.frames.read, "not all frames came out");
}
