// Processor time while nothing runs: ONNX Runtime's own pools spin by default, and take it from everyone else.
#include <gtest/gtest.h>

#include <thread>

#include "ort_test_kit.hpp"
#include "usage.hpp"

namespace inflight {
namespace {

/// What the process uses while this thread sleeps; a share of the time, so that a busy machine only lowers it.
double idle_share() {
  using namespace std::chrono_literals;
  TimePoint begin = steady_clock().now();
  Duration before = process_cpu_time();
  std::this_thread::sleep_for(300ms);
  return to_seconds(process_cpu_time() - before) / to_seconds(steady_clock().now() - begin);
}

class OrtIdle : public OrtTest {};

TEST_F(OrtIdle, FourModelsThatHaveRunUseNoProcessorTime) {
  std::vector<std::shared_ptr<CompiledModel>> models;
  for (PerformanceHint hint : {PerformanceHint::latency, PerformanceHint::throughput}) {
    models.push_back(ort().compile(kYolox, "CPU", {.hint = hint}).value());
    models.push_back(ort().compile(kYolox, "CPU", {.hint = hint, .execution_streams = 1, .threads = 4}).value());
  }
  for (auto& model : models) EXPECT_FALSE(infer_noise(*model).empty());
  EXPECT_LT(idle_share(), 0.1);
}

}  // namespace
}  // namespace inflight
