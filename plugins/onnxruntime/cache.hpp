// Optimised models on disk: loading one skips the optimiser, which takes two thirds of the time (YOLOX-nano: 72
// core-ms without, 22 with).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "inflight/result.hpp"

namespace inflight::onnxruntime {

/// One optimised model's place in a folder. Files appear whole or not at all, so processes may share the folder.
class CacheEntry {
 public:
  /// `made_with` is all else that the optimised form depends on: versions, processor, options. nullopt: `model`
  /// cannot be read, or keeps weights in other files, whose changes would go unnoticed.
  static std::optional<CacheEntry> of(const std::filesystem::path& folder, const std::filesystem::path& model,
                                      const std::string& made_with);

  const std::filesystem::path& path() const noexcept { return path_; }
  bool exists() const;
  /// The bytes as they were stored. Errors: unreadable_input, if they are not.
  Result<std::string> load() const;
  /// A name beside path() that nothing else writes; makes the folder. Errors: unwritable_output.
  Result<std::filesystem::path> make_draft() const;
  /// Makes the entry of what was written to `draft`, which is then gone. Errors: unwritable_output.
  Result<void> store(const std::filesystem::path& draft) const;

 private:
  explicit CacheEntry(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace inflight::onnxruntime
