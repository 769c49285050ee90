#include "converter.hpp"

#include <fmt/format.h>
#include <libyuv/planar_functions.h>

namespace inflight::media {
namespace {

/// The yuvj formats are the plain ones with full range; one name each keeps the rest simple.
AVPixelFormat plain_format(AVPixelFormat format) {
  switch (format) {
    case AV_PIX_FMT_YUVJ420P:
      return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
      return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
      return AV_PIX_FMT_YUV444P;
    case AV_PIX_FMT_YUVJ440P:
      return AV_PIX_FMT_YUV440P;
    case AV_PIX_FMT_YUVJ411P:
      return AV_PIX_FMT_YUV411P;
    default:
      return format;
  }
}

bool is_jpeg_format(AVPixelFormat format) { return plain_format(format) != format; }

bool is_yuv(AVPixelFormat format) {
  const AVPixFmtDescriptor* about = av_pix_fmt_desc_get(format);
  return about && about->nb_components >= 3 && !(about->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL));
}

bool is_rare(AVColorSpace matrix) { return matrix == AVCOL_SPC_SMPTE240M || matrix == AVCOL_SPC_FCC; }

/// The matrix of a frame; of those that frames of ours cannot carry, the nearest.
ColorMatrix matrix_of(const AVFrame& frame, ColorMatrix assumed) {
  if (leaves_matrix_open(static_cast<AVPixelFormat>(frame.format), frame.colorspace)) return assumed;
  switch (frame.colorspace) {
    case AVCOL_SPC_BT709:
    case AVCOL_SPC_SMPTE240M:
      return ColorMatrix::bt709;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
      return ColorMatrix::bt2020;
    default:
      return ColorMatrix::bt601;
  }
}

ColorLook look_of(const AVFrame& frame, ColorMatrix assumed) {
  auto format = static_cast<AVPixelFormat>(frame.format);
  // RGB, palette and grey fill all codes already, so full range loses least; BT.601 is JPEG's choice.
  if (!is_yuv(format))
    return {ColorMatrix::bt601, frame.color_range == AVCOL_RANGE_MPEG ? ColorRange::limited : ColorRange::full};
  bool full = frame.color_range == AVCOL_RANGE_JPEG || is_jpeg_format(format);
  return {matrix_of(frame, assumed), full ? ColorRange::full : ColorRange::limited};
}

/// swscale's tables for the matrix of an image. Its constants are the numbers of AVColorSpace.
const int* coefficients(const Image& image) {
  return sws_getCoefficients(image.rare_matrix == AVCOL_SPC_UNSPECIFIED ? tag_of(image.look.matrix)
                                                                        : image.rare_matrix);
}

/// For error messages, e.g. "rgb24 640x360".
std::string describe(const Image& image) {
  const char* name = av_get_pix_fmt_name(image.format);
  return fmt::format("{} {}x{}", name ? name : "unknown", image.size.width, image.size.height);
}

}  // namespace

bool leaves_matrix_open(AVPixelFormat format, AVColorSpace said) noexcept {
  return is_yuv(format) && !is_jpeg_format(format) && (said == AVCOL_SPC_UNSPECIFIED || said == AVCOL_SPC_RESERVED);
}

AVColorSpace tag_of(ColorMatrix matrix) noexcept {
  switch (matrix) {
    case ColorMatrix::bt601:
      break;
    case ColorMatrix::bt709:
      return AVCOL_SPC_BT709;
    case ColorMatrix::bt2020:
      return AVCOL_SPC_BT2020_NCL;
  }
  return AVCOL_SPC_SMPTE170M;
}

Image image_of(const Picture& picture) noexcept {
  Image image;
  for (std::size_t p = 0; p < 3; ++p) {
    image.data[p] = picture.planes[p].data;
    image.strides[p] = picture.planes[p].stride;
  }
  image.format = AV_PIX_FMT_YUV420P;
  image.size = picture.size;
  image.look = {picture.matrix, picture.range};
  return image;
}

Image image_of(const AVFrame& frame, ColorMatrix assumed) noexcept {
  Image image;
  for (std::size_t p = 0; p < 4; ++p) {
    image.data[p] = frame.data[p];
    image.strides[p] = frame.linesize[p];
  }
  image.format = plain_format(static_cast<AVPixelFormat>(frame.format));
  image.size = {frame.width, frame.height};
  image.look = look_of(frame, assumed);
  if (is_yuv(image.format) && is_rare(frame.colorspace)) image.rare_matrix = frame.colorspace;
  return image;
}

// By now the yuvj formats have gone, so one comparison is enough.
bool is_i420(const Image& image) noexcept {
  return image.format == AV_PIX_FMT_YUV420P && image.rare_matrix == AVCOL_SPC_UNSPECIFIED;
}

int Converter::build(const Image& from, const Image& to) {
  scaler_.reset(sws_alloc_context());
  if (!scaler_) return AVERROR(ENOMEM);
  // Bit-exact: the same picture gives the same numbers on every machine, as the rest of Inflight does.
  constexpr int kFlags = SWS_BILINEAR | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_FULL_CHR_H_INT | SWS_BITEXACT;
  auto set = [this](const char* name, std::int64_t value) { av_opt_set_int(scaler_.get(), name, value, 0); };
  set("sws_flags", kFlags);
  set("srcw", from.size.width);
  set("srch", from.size.height);
  set("src_format", from.format);
  set("dstw", to.size.width);
  set("dsth", to.size.height);
  set("dst_format", to.format);
  // Before the start: where only the ranges differ, swscale would otherwise settle for a plain copy.
  set("src_range", from.look.range == ColorRange::full);
  set("dst_range", to.look.range == ColorRange::full);
  return sws_init_context(scaler_.get(), nullptr, nullptr);
}

Result<void> Converter::prepare(const Image& from, const Image& to) {
  if (scaler_ && kind_of(from) == from_ && kind_of(to) == to_) return {};
  if (int code = build(from, to); code < 0) {
    scaler_.reset();
    return fail(ErrorCode::unreadable_input, fmt::format("pixels cannot be converted from {} to {}: {}", describe(from),
                                                         describe(to), av_error_text(code)));
  }
  constexpr int kUnchanged = 1 << 16;  // contrast and saturation, 16.16 fixed point
  // Where neither side is YUV this returns -1 and changes nothing, which is right.
  sws_setColorspaceDetails(scaler_.get(), coefficients(from), from.look.range == ColorRange::full, coefficients(to),
                           to.look.range == ColorRange::full, 0, kUnchanged, kUnchanged);
  from_ = kind_of(from);
  to_ = kind_of(to);
  return {};
}

Result<void> Converter::convert(const Image& from, const Image& to) {
  if (auto ready = prepare(from, to); !ready) return ready;
  int rows = sws_scale(scaler_.get(), from.data.data(), from.strides.data(), 0, from.size.height, to.data.data(),
                       to.strides.data());
  if (rows >= 0) return {};
  return fail(ErrorCode::unreadable_input, fmt::format("pixels cannot be converted from {} to {}: {}", describe(from),
                                                       describe(to), av_error_text(rows)));
}

void copy_picture(const Picture& from, const Picture& to) noexcept {
  const auto& [y, u, v] = from.planes;
  libyuv::I420Copy(y.data, y.stride, u.data, u.stride, v.data, v.stride, to.planes[0].data, to.planes[0].stride,
                   to.planes[1].data, to.planes[1].stride, to.planes[2].data, to.planes[2].stride, from.size.width,
                   from.size.height);
}

}  // namespace inflight::media
