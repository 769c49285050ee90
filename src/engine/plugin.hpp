// What an engine's module exports. One symbol, versioned, so that a module built for another Inflight is
// refused with a clear message instead of crashing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

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

/// Where modules, and the program that models get a process of, are looked for: $INFLIGHT_PLUGIN_PATH, then the folder
/// beside the library (wherever it was moved to), then the installed one.
std::vector<std::filesystem::path> plugin_folders();

/// The key in ModelInfo::metadata under which a compiled model says what its cache did: "loaded FILE", "stored FILE",
/// kRebuilt and why, or why it was not stored.
inline constexpr const char* kCacheNote = "inflight/cache";
inline constexpr const char* kRebuilt = "rebuilt: ";

/// The name of what every module defines: see below.
inline constexpr const char* kPluginSymbol = "inflight_plugin";

}  // namespace inflight

/// Defined by every module; nothing else of it need be visible.
extern "C" INFLIGHT_API const inflight::Plugin inflight_plugin;
