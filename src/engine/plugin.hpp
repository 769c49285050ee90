// What an engine's module exports. One symbol, versioned, so that a module built for another Inflight is
// refused with a clear message instead of crashing.
#pragma once

#include <string>

#include "inflight/engine.hpp"

namespace inflight {

/// Raised whenever anything a plugin shares with the library changes.
inline constexpr int kPluginAbi = 2;

struct Plugin {
  int abi;
  const char* name;  ///< of the engine: "ov"
  /// nullptr where the engine cannot be used; `problem` then says what was looked for. Must not throw.
  Engine* (*create)(std::string& problem);
};

/// The key in ModelInfo::metadata under which a compiled model says what its cache did: "loaded FILE", "stored FILE",
/// kRebuilt and why, or why it was not stored.
inline constexpr const char* kCacheNote = "inflight/cache";
inline constexpr const char* kRebuilt = "rebuilt: ";

/// Every module defines `extern "C" const inflight::Plugin inflight_plugin` under this name.
inline constexpr const char* kPluginSymbol = "inflight_plugin";

}  // namespace inflight
