#include <iostream>

#include "inflight/inflight.hpp"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  auto detector = inflight::make_detector(argv[1], "CPU");
  auto source = inflight::open_source(argv[2]);
  if (!detector || !source) {
    std::cerr << (detector ? source.error() : detector.error()).message << '\n';
    return 1;
  }
  inflight::Pipeline pipeline(std::move(*detector));
  pipeline.add_source(std::move(*source));
  pipeline.on_result([](const inflight::FrameResult& result) {  // in frame order
    std::cout << "frame " << result.frame.id << ": " << result.detections.size() << " found\n";
  });
  std::cout << inflight::to_text(pipeline.run().value());
}
