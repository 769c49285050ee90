#include "play_cursor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace inflight::media {

bool PlayCursor::take() noexcept {
  std::uint64_t position = position_++;
  ++seen_;
  if (position < options_.start || (position - options_.start) % options_.every != 0) return false;
  ++given_;
  ++given_in_play_;
  return true;
}

bool PlayCursor::next_play() noexcept {
  bool fruitful = given_in_play_ > 0;
  position_ = given_in_play_ = 0;
  ++plays_;
  return fruitful && (options_.loop == 0 || plays_ < options_.loop);
}

std::optional<std::uint64_t> frames_given(std::uint64_t pictures, const SourceOptions& options) noexcept {
  if (pictures <= options.start) return 0;
  std::uint64_t per_play = (pictures - options.start - 1) / options.every + 1;
  if (options.loop == 0) return options.limit ? std::optional(options.limit) : std::nullopt;
  std::uint64_t all = per_play * static_cast<std::uint64_t>(options.loop);
  return options.limit ? std::min(all, options.limit) : all;
}

namespace {

/// What live sources are given before they count as lost, and then to come back.
Result<void> check_patience(const SourceOptions& options) {
  if (options.stall_after < Duration(0)) {
    return fail(ErrorCode::invalid_argument, "stall_after is negative; use 0 for sources that may be silent for ever");
  }
  if (options.reconnects < -1) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("reconnects is {}; use -1 to try for ever, 0 for never", options.reconnects));
  }
  if (options.first_backoff <= Duration(0) || options.longest_backoff < options.first_backoff) {
    return fail(ErrorCode::invalid_argument,
                "first_backoff must be more than 0, and longest_backoff not less than it; try 500 ms and 30 s");
  }
  return {};
}

}  // namespace

Result<void> check_options(const SourceOptions& options) {
  if (options.every == 0) return fail(ErrorCode::invalid_argument, "every is 0; use 1 for all frames");
  if (options.loop < 0) {
    return fail(ErrorCode::invalid_argument, fmt::format("loop is {}; use 0 to play for ever", options.loop));
  }
  if (options.decode_threads < 0) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("decode_threads is {}; use 1, or 0 for as many as cores", options.decode_threads));
  }
  if (options.max_picture_side < 1 || options.max_picture_bytes < 1) {
    return fail(ErrorCode::invalid_argument,
                "max_picture_side and max_picture_bytes must be 1 or more; 16384 and 256 MiB are usual");
  }
  return check_patience(options);
}

}  // namespace inflight::media
