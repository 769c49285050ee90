// Which of a source's pictures are given out: the arithmetic of loop, start, every and limit.
#pragma once

#include <cstdint>
#include <optional>

#include "inflight/media.hpp"

namespace inflight::media {

/// Every picture of the source passes through `take`, in display order; each play ends with `next_play`.
class PlayCursor {
 public:
  explicit PlayCursor(const SourceOptions& options) noexcept : options_(options) {}

  /// The limit is reached: nothing more is to be read.
  bool done() const noexcept { return options_.limit != 0 && given_ >= options_.limit; }

  /// Counts a picture. True: give it out under `id()`.
  bool take() noexcept;

  /// True: play the source once more. A play that gave nothing is the last, or a loop would never end.
  bool next_play() noexcept;

  std::uint64_t id() const noexcept { return seen_ - 1; }        ///< of the picture last taken
  std::uint64_t seen() const noexcept { return seen_; }          ///< pictures so far, in all plays
  std::uint64_t position() const noexcept { return position_; }  ///< pictures so far, in this play

 private:
  SourceOptions options_;
  std::uint64_t seen_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t given_ = 0;
  std::uint64_t given_in_play_ = 0;
  int plays_ = 0;
};

/// How many frames a source of `pictures` pictures gives under `options`; nothing where it never ends.
std::optional<std::uint64_t> frames_given(std::uint64_t pictures, const SourceOptions& options) noexcept;

/// Errors: invalid_argument.
Result<void> check_options(const SourceOptions& options);

}  // namespace inflight::media
