// Inflight: neural networks over video, asynchronously, in order, as fast as the hardware allows.
//
//   #include <iostream>
//
//   #include "inflight/inflight.hpp"
//
//   int main(int argc, char** argv) {
//     if (argc < 3) return 2;
//     auto detector = inflight::make_detector(argv[1], "CPU");
//     auto source = inflight::open_source(argv[2]);
//     if (!detector || !source) {
//       std::cerr << (detector ? source.error() : detector.error()).message << '\n';
//       return 1;
//     }
//     inflight::Pipeline pipeline(std::move(*detector));
//     pipeline.add_source(std::move(*source));
//     pipeline.on_result([](const inflight::FrameResult& result) {  // in frame order
//       std::cout << "frame " << result.frame.id << ": " << result.detections.size() << " found\n";
//     });
//     std::cout << inflight::to_text(pipeline.run().value());
//   }
//
// From the inside out: engine.hpp (a model on a device), infer_queue.hpp (many requests in flight),
// await.hpp (futures and coroutines), vision.hpp and media.hpp (pictures in, detections out), pipeline.hpp
// (all of it), timeline.hpp (what happened when), report.hpp (what it was worth). asio.hpp is included by those
// who use Asio.
#pragma once

#include "inflight/await.hpp"
#include "inflight/engine.hpp"
#include "inflight/frame.hpp"
#include "inflight/infer_queue.hpp"
#include "inflight/media.hpp"
#include "inflight/pipeline.hpp"
#include "inflight/report.hpp"
#include "inflight/result.hpp"
#include "inflight/tensor.hpp"
#include "inflight/timeline.hpp"
#include "inflight/vision.hpp"
