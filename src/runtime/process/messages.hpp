// How values travel between a program and the process of its model: as CBOR, which keeps numbers exact and takes
// file names that are not UTF-8.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "inflight/engine.hpp"

namespace inflight {

using Encoded = std::vector<std::byte>;

/// What a process is asked to compile. Of the options, those that are data.
struct CompileOrder {
  std::string model;
  std::string device;
  CompileOptions options;
};

/// A model as its process compiled it.
struct CompiledState {
  ModelInfo info;
  RuntimeInfo runtime;
  int optimal_requests = 1;
};

/// What a virtual device in the process did, and what the model runs on since then.
struct ForwardedEvent {
  DeviceEvent event;
  std::optional<RuntimeInfo> runtime;  ///< nullopt: it is still being compiled
};

Encoded encode(const CompileOrder& order);
Encoded encode(const CompiledState& state);
Encoded encode(const ForwardedEvent& forwarded);

// Errors: internal, where the bytes mean something else.
Result<CompileOrder> decode_order(std::span<const std::byte> bytes);
Result<CompiledState> decode_state(std::span<const std::byte> bytes);
Result<ForwardedEvent> decode_event(std::span<const std::byte> bytes);

}  // namespace inflight
