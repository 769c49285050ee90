// A timeline whose content is known, for the tests of what is made of it.
#pragma once

#include "inflight/engine.hpp"
#include "inflight/timeline.hpp"

namespace inflight::report {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// Two requests on one device, a third on another; each with a span, and a switch between them.
inline Timeline example_timeline() {
  Timeline timeline;
  timeline.devices = {"ort:CPU", "ov:CPU"};
  timeline.threads = {"feed"};
  timeline.stages = {"preprocess"};
  const auto request = [&](std::uint64_t number, int begin_ms, int end_ms, std::uint32_t device) {
    timeline.requests.push_back({.number = number,
                                 .intended = milliseconds(begin_ms - 1),
                                 .submitted = milliseconds(begin_ms),
                                 .completed = milliseconds(end_ms),
                                 .lane = static_cast<std::uint32_t>(number % 2),
                                 .device = device,
                                 .batch = 1,
                                 .failed = false});
    timeline.spans.push_back({0, 0, number, milliseconds(begin_ms - 1), milliseconds(begin_ms)});
  };
  request(0, 1, 21, 0);
  request(1, 11, 31, 0);
  request(2, 31, 35, 1);
  timeline.events.push_back({milliseconds(30), "switched", "faster", "ov:CPU", 200.0});
  timeline.length = milliseconds(35);
  return timeline;
}

}  // namespace inflight::report
