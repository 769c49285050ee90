// Inflight: neural networks over video, asynchronously, in order, as fast as the hardware allows.
//
//   #include <inflight/inflight.hpp>
//
//   int main() {
//     auto detector = inflight::make_detector("person-detection-0200.xml", "CPU").value();
//     inflight::Pipeline pipeline(detector);
//     pipeline.add_source(inflight::open_source("people.mp4").value());
//     pipeline.on_result([](const inflight::FrameResult& r) {
//       std::cout << "frame " << r.frame.id << ": " << r.detections.size() << " people\n";
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
