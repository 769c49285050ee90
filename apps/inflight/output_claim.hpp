// One output, taken: it can be written, and no other inflight writes it.
#pragma once

#include "file_place.hpp"
#include "outputs.hpp"

namespace inflight::app {

/// Is it written as such an output may be: no page on standard output, no address? Errors: unwritable_output,
/// invalid_argument.
Result<void> check_form(const Output& output);

/// Holds a lock on the file or folder while it lives (flock: other processes that ask are told, the rest are not).
/// Devices and pipes are not locked.
class OutputClaim {
 public:
  /// Makes what is missing: folders, and an empty file in the end. Errors: unwritable_output.
  static Result<OutputClaim> take(const Output& output);

  OutputClaim(OutputClaim&& other) noexcept;
  OutputClaim(const OutputClaim&) = delete;
  OutputClaim& operator=(const OutputClaim&) = delete;
  OutputClaim& operator=(OutputClaim&&) = delete;
  ~OutputClaim();

  const Output& output() const noexcept { return output_; }
  const FilePlace& place() const noexcept { return place_; }

  /// Takes back what take() has made, if nothing was written there.
  void remove_if_unused() const noexcept;

 private:
  explicit OutputClaim(Output output) : output_(std::move(output)) {}
  Result<void> open();
  Result<void> open_folder();
  Result<void> open_file();
  Result<void> lock(int flags);

  Output output_;
  FilePlace place_;  // as it is once it was opened
  int descriptor_ = -1;
  bool made_ = false;
};

/// Of an output: what is in the way, and the remedy that fits all.
Error unwritable(const std::string& output, const std::string& why);

}  // namespace inflight::app
