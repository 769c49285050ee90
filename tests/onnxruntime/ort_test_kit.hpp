#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "inflight/engine.hpp"
#include "tests/source_dir.hpp"

namespace inflight {

inline const std::string kYolox = source_file("assets/yolox_nano.onnx");

inline std::shared_ptr<Engine> engine_named(const std::string& name) {
  for (const EngineStatus& status : engines())
    if (status.name == name) return status.engine;
  return nullptr;
}

/// Only for tests in an OrtTest, which are skipped where there is none.
inline Engine& ort() { return *engine_named("ort"); }

class OrtTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const EngineStatus& status : engines())
      if (status.name == "ort" && !status.engine) GTEST_SKIP() << status.problem;
    ASSERT_TRUE(engine_named("ort"));
  }
};

/// Runs the request and waits.
inline Outcome infer(InferRequest& request) {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Outcome> outcome;
  Result<void> started = request.start([&](Outcome o) {
    std::lock_guard lock(mutex);
    outcome = std::move(o);
    changed.notify_one();
  });
  if (!started) return fail(std::move(started.error()));
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return outcome.has_value(); });
  return std::move(*outcome);
}

/// Noise that is the same in every run, in 0..255.
inline void fill_with_noise(TensorView view) {
  std::uint32_t state = 1;
  for (float& x : view.as<float>()) {
    state = state * 1664525 + 1013904223;
    x = static_cast<float>(state >> 24);
  }
}

/// The first output for that noise; empty after a failure, which is reported.
inline std::vector<float> infer_noise(CompiledModel& model) {
  auto request = model.create_request();
  if (!request) return ADD_FAILURE() << request.error().message, std::vector<float>();
  fill_with_noise((*request)->input(0).value());
  Outcome outcome = infer(**request);
  if (!outcome) return ADD_FAILURE() << outcome.error().message, std::vector<float>();
  auto values = (*request)->output(0)->as<float>();
  return {values.begin(), values.end()};
}

}  // namespace inflight
