#include "picture_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace inflight::media {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

std::size_t up_to_mib(std::size_t bytes) { return (bytes + kMiB - 1) / kMiB; }

/// Without padding. FFmpeg's own function refuses sizes that it cannot hold, which this is to tell about.
std::size_t bytes_of(Size size, AVPixelFormat format) {
  constexpr int kSmallestBits = 12;  // I420, which every picture becomes
  const AVPixFmtDescriptor* about = av_pix_fmt_desc_get(format);
  auto bits = static_cast<std::size_t>(std::max(about ? av_get_padded_bits_per_pixel(about) : 0, kSmallestBits));
  return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * bits / 8;
}

}  // namespace

PictureLimit limit_of(const SourceOptions& options) noexcept {
  return {options.max_picture_side, options.max_picture_bytes};
}

std::optional<std::string> too_large(Size size, AVPixelFormat format, PictureLimit limit) {
  if (std::max(size.width, size.height) > limit.side) {
    return fmt::format("the picture is too large: {}x{} pixels, and {} a side are the limit; scale it down", size.width,
                       size.height, limit.side);
  }
  std::size_t bytes = bytes_of(size, format);
  if (bytes <= limit.bytes) return std::nullopt;
  return fmt::format(
      "the picture is too large: {}x{} pixels take {} MiB, and {} MiB are the limit; scale it down, or "
      "allow more (--max-frame-mb {})",
      size.width, size.height, up_to_mib(bytes), limit.bytes / kMiB, up_to_mib(bytes));
}

std::int64_t most_pixels(PictureLimit limit) noexcept {
  // Beyond the limit itself, where nobody could say why; what a decoder takes for so many before it asks is bounded.
  constexpr std::int64_t kBeyond = 4;
  std::int64_t square = static_cast<std::int64_t>(limit.side) * limit.side;
  return std::min(square, kBeyond * static_cast<std::int64_t>(std::min<std::size_t>(limit.bytes, INT64_MAX / kBeyond)));
}

void PictureGuard::watch(AVCodecContext& decoder) noexcept {
  decoder.opaque = this;
  decoder.get_buffer2 = &PictureGuard::get_buffer;
  decoder.max_pixels = most_pixels(limit_);
}

std::optional<std::string> PictureGuard::take_refusal() {
  MutexLock lock(mutex_);
  return std::exchange(refusal_, std::nullopt);
}

bool PictureGuard::refuses(const AVFrame& frame) {
  auto why = too_large({frame.width, frame.height}, static_cast<AVPixelFormat>(frame.format), limit_);
  if (!why) return false;
  MutexLock lock(mutex_);
  refusal_ = std::move(why);
  return true;
}

int PictureGuard::get_buffer(AVCodecContext* decoder, AVFrame* frame, int flags) noexcept {
  auto& guard = *static_cast<PictureGuard*>(decoder->opaque);
  return guard.refuses(*frame) ? AVERROR(ENOMEM) : avcodec_default_get_buffer2(decoder, frame, flags);
}

}  // namespace inflight::media
