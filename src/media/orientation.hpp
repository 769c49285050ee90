// Which way up a picture is. A camera that was held sideways stores what its sensor saw, and beside it how to turn
// that: phones as the display matrix of a video track, JPEGs as EXIF's Orientation, which FFmpeg hands on as such a
// matrix too.
#pragma once

#include <optional>

#include "av_support.hpp"
#include "inflight/frame.hpp"

namespace inflight::media {

/// What to do with the stored picture: first the flip, then the turns.
struct Orientation {
  bool flipped = false;   ///< upside down; with turns this makes every mirrored orientation
  int quarter_turns = 0;  ///< clockwise, 0 to 3
  friend bool operator==(const Orientation&, const Orientation&) = default;
};

/// As the stream says, for all its pictures; upright where it says nothing. Angles between quarters are rounded.
Orientation orientation_of(const AVStream& stream);
/// By how many degrees clockwise the pictures of a stream are to be turned, where that is not a multiple of 90.
std::optional<double> odd_angle(const AVStream& stream);
/// As the picture says about itself; nothing where it does not.
std::optional<Orientation> orientation_of(const AVFrame& picture);

/// The size, and the shape of the pixels, that a picture has afterwards.
Size turned(Size size, Orientation orientation) noexcept;
PixelAspect turned(PixelAspect aspect, Orientation orientation) noexcept;
/// Turns the pixels of `from` into `to`, whose size is turned(from.size, orientation).
void turn(const Picture& from, Orientation orientation, const Picture& to) noexcept;

}  // namespace inflight::media
