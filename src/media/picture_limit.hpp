// How large a picture may be. A few bytes can claim one of gigabytes, so it is asked before memory is taken.
#pragma once

#include <optional>
#include <string>

#include "av_support.hpp"
#include "inflight/frame.hpp"
#include "inflight/media.hpp"
#include "mutex.hpp"

namespace inflight::media {

struct PictureLimit {
  int side = 0;
  std::size_t bytes = 0;
};

PictureLimit limit_of(const SourceOptions& options) noexcept;

/// Why pictures of this size are not taken, and what to do; nothing where they are. `format`: AV_PIX_FMT_NONE where it
/// is not known yet; it then counts as the smallest.
std::optional<std::string> too_large(Size size, AVPixelFormat format, PictureLimit limit);

/// The most pixels that a decoder is to begin with, for those that take memory before anybody can ask for it.
std::int64_t most_pixels(PictureLimit limit) noexcept;

/// Keeps a decoder from making pictures that are too large, also where their size changes later on. Outlives the
/// decoders that it watches. Thread-safe: decoders ask from threads of their own.
class PictureGuard {
 public:
  explicit PictureGuard(PictureLimit limit) noexcept : limit_(limit) {}

  /// Before the decoder is opened. Takes its `opaque`.
  void watch(AVCodecContext& decoder) noexcept;
  /// Why the last picture was refused since this was asked last; nothing where none was.
  std::optional<std::string> take_refusal() INFLIGHT_EXCLUDES(mutex_);

 private:
  static int get_buffer(AVCodecContext* decoder, AVFrame* frame, int flags) noexcept;
  bool refuses(const AVFrame& frame) INFLIGHT_EXCLUDES(mutex_);

  const PictureLimit limit_;
  Mutex mutex_;
  std::optional<std::string> refusal_ INFLIGHT_GUARDED_BY(mutex_);
};

}  // namespace inflight::media
