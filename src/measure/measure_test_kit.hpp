// Loads on simulated devices, in simulated time.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "inflight/measure.hpp"

namespace inflight {

using namespace std::chrono_literals;

/// Time passes as fast as the machine allows, whoever waits.
class MeasureTest : public testing::Test {
 protected:
  /// A model on "sim:" + `description`.
  std::shared_ptr<CompiledModel> simulate(const std::string& description) {
    CompileOptions options;
    options.clock = &clock;
    auto model = compile_model("", "sim:" + description, options);
    if (!model) throw std::runtime_error(model.error().message);
    return *model;
  }

  LoadOptions load(std::uint64_t iterations) {
    LoadOptions options;
    options.iterations = iterations;
    options.clock = &clock;
    return options;
  }

  VirtualClock clock;
  std::shared_ptr<void> driver = clock.drive();
};

}  // namespace inflight
