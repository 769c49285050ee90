#include "scale.hpp"

#include <fmt/format.h>
#include <libyuv.h>

namespace inflight {
namespace {

/// A plane to read from.
struct SizedPlane {
  const std::uint8_t* data;
  int stride;
  Size size;
};

std::size_t area(Size size) noexcept {
  return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
}

/// Never shrinks: sources of different sizes may take turns, and growing again would clear the memory each time.
void grow(std::vector<std::uint8_t>& memory, std::size_t bytes) {
  if (memory.size() < bytes) memory.resize(bytes);
}

/// Halves `plane` while it stays at least as large as `size`: the same mean as the box filter, from libyuv's vector
/// code, which makes 1080p to 416 pixels three times as fast. Odd sizes have no exact half and are left to the box.
SizedPlane halve(SizedPlane plane, Size size, std::vector<std::uint8_t>& scratch) {
  std::size_t used = 0;
  while (plane.size.width % 2 == 0 && plane.size.height % 2 == 0 && plane.size.width > 2 * size.width &&
         plane.size.height > 2 * size.height) {
    Size half{plane.size.width / 2, plane.size.height / 2};
    std::uint8_t* out = scratch.data() + used;
    libyuv::ScalePlane(plane.data, plane.stride, plane.size.width, plane.size.height, out, half.width, half.width,
                       half.height, libyuv::kFilterBox);
    used += area(half);
    plane = {out, half.width, half};
  }
  return plane;
}

/// kFilterBox is libyuv's own choice per size: box below a half, else bilinear, else a copy.
void scale_plane(SizedPlane in, Plane out, Size size, std::vector<std::uint8_t>& scratch) {
  in = halve(in, size, scratch);
  libyuv::ScalePlane(in.data, in.stride, in.size.width, in.size.height, out.data, out.stride, size.width, size.height,
                     libyuv::kFilterBox);
}

/// Checked before, because libyuv reports nothing.
bool can_scale(Size size) noexcept {
  // libyuv counts in 16.16 fixed point: 32768 to 1 pixel already divides out of range, which kills the process.
  constexpr int kLimit = 32767;
  return size.width > 0 && size.height > 0 && size.width <= kLimit && size.height <= kLimit;
}

}  // namespace

Scaler::Scaler(Size largest) {
  Picture picture;
  picture.size = largest;
  scaled_.resize(picture.bytes());
}

Result<Picture> Scaler::scale(const Picture& picture, Size size) {
  if (picture.size == size) return picture;
  if (!can_scale(picture.size) || !can_scale(size)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("cannot scale a picture of {}x{} pixels to {}x{}: sides must be 1 to 32767",
                            picture.size.width, picture.size.height, size.width, size.height));
  }
  Picture out = picture;
  out.size = size;
  grow(halves_, area(picture.size) / 2);  // of the largest plane: 1/4 + 1/16 + …
  std::uint8_t* next = scaled_.data();
  for (std::size_t p = 0; p < 3; ++p) {
    Size from = p == 0 ? picture.size : picture.chroma_size();
    Size to = p == 0 ? size : out.chroma_size();
    out.planes[p] = {next, to.width};
    next += area(to);
    scale_plane({picture.planes[p].data, picture.planes[p].stride, from}, out.planes[p], to, halves_);
  }
  return out;
}

}  // namespace inflight
