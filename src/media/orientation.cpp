#include "orientation.hpp"

#include <libyuv/rotate.h>

extern "C" {
#include <libavutil/display.h>
}

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace inflight::media {
namespace {

/// FFmpeg's display matrix (libavutil/display.h) takes a stored point (p, q) to (a·p + c·q, b·p + d·q), with y
/// downwards: (a, b) is where a step to the right goes. Flipping upside down first leaves that as it is, so it alone
/// tells the turns; a negative determinant tells the flip.
Orientation parse(const std::int32_t* matrix) noexcept {
  const std::int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
  Orientation orientation;
  orientation.flipped = a * d - b * c < 0;
  bool level = std::abs(a) >= std::abs(b);
  if (level) orientation.quarter_turns = a >= 0 ? 0 : 2;
  if (!level) orientation.quarter_turns = b > 0 ? 1 : 3;
  return orientation;
}

const std::uint8_t* display_matrix(const AVStream& stream) {
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(60, 15, 100)
  const AVCodecParameters& parameters = *stream.codecpar;
  const AVPacketSideData* data =
      av_packet_side_data_get(parameters.coded_side_data, parameters.nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
  return data ? data->data : nullptr;
#else
  return av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
#endif
}

}  // namespace

Orientation orientation_of(const AVStream& stream) {
  const std::uint8_t* matrix = display_matrix(stream);
  return matrix ? parse(reinterpret_cast<const std::int32_t*>(matrix)) : Orientation{};
}

std::optional<double> odd_angle(const AVStream& stream) {
  constexpr double kTolerance = 1;  // degrees: what rounding may leave
  const auto* matrix = reinterpret_cast<const std::int32_t*>(display_matrix(stream));
  if (!matrix) return std::nullopt;
  double angle = -av_display_rotation_get(matrix);
  if (std::isnan(angle) || std::abs(std::remainder(angle, 90)) <= kTolerance) return std::nullopt;
  return angle;
}

std::optional<Orientation> orientation_of(const AVFrame& picture) {
  const AVFrameSideData* data = av_frame_get_side_data(&picture, AV_FRAME_DATA_DISPLAYMATRIX);
  if (!data) return std::nullopt;
  return parse(reinterpret_cast<const std::int32_t*>(data->data));
}

Size turned(Size size, Orientation orientation) noexcept {
  return orientation.quarter_turns % 2 == 0 ? size : Size{size.height, size.width};
}

PixelAspect turned(PixelAspect aspect, Orientation orientation) noexcept {
  return orientation.quarter_turns % 2 == 0 ? aspect : PixelAspect{aspect.height, aspect.width};
}

void turn(const Picture& from, Orientation orientation, const Picture& to) noexcept {
  constexpr std::array kModes{libyuv::kRotate0, libyuv::kRotate90, libyuv::kRotate180, libyuv::kRotate270};
  const auto& [y, u, v] = from.planes;
  int height = orientation.flipped ? -from.size.height : from.size.height;  // how libyuv is told to flip first
  libyuv::I420Rotate(y.data, y.stride, u.data, u.stride, v.data, v.stride, to.planes[0].data, to.planes[0].stride,
                     to.planes[1].data, to.planes[1].stride, to.planes[2].data, to.planes[2].stride, from.size.width,
                     height, kModes[static_cast<std::size_t>(orientation.quarter_turns)]);
}

}  // namespace inflight::media
