// What the contract is tested on. A new engine or decorator joins with one line.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "inflight/engine.hpp"
#include "tests/source_dir.hpp"

namespace inflight {

struct Subject {
  const char* name;
  const char* engine;  ///< without it the tests of this subject are skipped
  const char* device;
  const char* model;  ///< in assets/, or a full path
  bool auto_batching = false;
};

inline const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all{
      {"Sim", "sim", "sim:latency=300us..600us,lanes=2", "person-detection-0200.xml"},
      {"OpenVino", "ov", "ov:CPU", "person-detection-0200.xml"},
      {"OpenVinoOnnx", "ov", "ov:CPU", "yolox_nano.onnx"},
      {"OnnxRuntime", "ort", "ort:CPU", "yolox_nano.onnx"},
      {"Torch", "torch", "torch:CPU", INFLIGHT_TORCH_MODEL},
      {"Auto", "sim", "AUTO:(sim:latency=300us..600us,lanes=2),(sim:latency=200us,load=20ms)", "yolox_nano.onnx"},
      {"AutoOfOpenVino", "ov", "AUTO:ov:CPU", "person-detection-0200.xml"},
      {"BatchOfOnnxRuntime", "ort", "BATCH:ort:CPU(1)", "yolox_nano.onnx"},
      {"Multi", "sim", "MULTI:(sim:latency=300us..600us,lanes=2),sim:latency=200us", "yolox_nano.onnx"},
      {"Batch", "sim", "BATCH:sim:latency=300us,per_item=50us(4)", "yolox_nano.onnx"},
      {"MultiOfBatch", "sim", "MULTI:BATCH:sim:latency=300us(4),sim:latency=200us", "yolox_nano.onnx"},
      {"AutoBatching", "sim", "sim:latency=300us,per_item=50us", "yolox_nano.onnx", true},
      {"AutoOfBatch", "sim", "AUTO:BATCH:sim:latency=300us(4),sim:latency=200us", "yolox_nano.onnx"},
      {"Process", "sim", "PROCESS:sim:latency=300us..600us,lanes=2", "yolox_nano.onnx"},
      {"ProcessOfOpenVino", "ov", "PROCESS:ov:CPU", "person-detection-0200.xml"},
      {"ProcessOfOnnxRuntime", "ort", "PROCESS:ort:CPU", "yolox_nano.onnx"},
      {"ProcessOfBatch", "sim", "PROCESS:BATCH:sim:latency=300us,per_item=50us(4)", "yolox_nano.onnx"},
      {"BatchOfProcess", "sim", "BATCH:PROCESS:sim:latency=300us,per_item=50us(4)", "yolox_nano.onnx"},
      {"AutoOfProcess", "sim", "AUTO:PROCESS:sim:latency=300us,sim:latency=200us", "yolox_nano.onnx"},
      {"MultiOfProcess", "sim", "MULTI:PROCESS:sim:latency=300us,PROCESS:sim:latency=200us", "yolox_nano.onnx"},
  };
  return all;
}

inline void PrintTo(const Subject& subject, std::ostream* out) { *out << subject.device << " " << subject.model; }

/// Why `engine` cannot be tested here; empty if it can.
inline std::string why_not(const std::string& engine) {
  for (const EngineStatus& status : engines()) {
    if (status.name != engine) continue;
    return status.engine ? "" : "engine " + engine + " is not usable: " + status.problem;
  }
  return "engine " + engine + " is not in INFLIGHT_PLUGIN_PATH";
}

inline std::string asset(const std::string& name) {
  return (std::filesystem::path(source_file("assets")) / name).string();  // a full path stays what it is
}

}  // namespace inflight
