// Folders for what nobody keeps. The only place that makes temporary files.
#pragma once

#include <filesystem>

#include "inflight/result.hpp"

namespace inflight::app {

/// A folder that only this user may enter, whose name nobody can guess and put a link in the place of. It goes with all
/// that is in it when this object goes, or when remove_scratch() is called.
class Scratch {
 public:
  /// In $TMPDIR, else in the system's folder. Errors: unwritable_output.
  static Result<Scratch> make();

  Scratch(Scratch&& other) noexcept;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();

  const std::filesystem::path& path() const noexcept { return path_; }
  /// Where what would go to `output` goes instead: of the same kind, for "-" too.
  std::filesystem::path in_place_of(const std::string& output) const;

 private:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;  // empty: moved from
};

/// All there are: for whoever ends the process early. Thread-safe.
void remove_scratch() noexcept;

}  // namespace inflight::app
