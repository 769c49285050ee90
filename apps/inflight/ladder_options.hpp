// What `inflight ladder` can be told besides model and input.
#pragma once

#include <string>

#include "options.hpp"

namespace inflight::app {

struct LadderOptions {
  std::string torchscript;  ///< the same model for the baseline; empty: ONNX Runtime is the baseline
  std::string onnx;         ///< the same model for ONNX Runtime, where -m is none of its formats
  std::uint64_t frames = 1024;
  int batch = 8;
  std::string summary, report;
};

void add_ladder_options(CLI::App& command, LadderOptions& ladder);

}  // namespace inflight::app
