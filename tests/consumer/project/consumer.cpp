// consumer MODEL DEVICE INPUT: a user's first program.
#include <inflight/inflight.hpp>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  auto detector = inflight::make_detector(argv[1], argv[2]);
  auto source = inflight::open_source(argv[3]);
  if (!detector || !source) {
    std::cerr << (detector ? source.error() : detector.error()).message << '\n';
    return 1;
  }
  inflight::Pipeline pipeline(*detector);
  pipeline.add_source(std::move(*source));
  std::uint64_t frames = 0;
  pipeline.on_result([&frames](const inflight::FrameResult&) { ++frames; });
  auto summary = pipeline.run();
  if (!summary || !summary->error.empty()) return 1;
  std::cout << frames << " frames on " << summary->engine.device << '\n';
  return frames == 20 && summary->frames.emitted == frames ? 0 : 1;
}
