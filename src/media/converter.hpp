// Pixels of any layout into any other, by swscale. Used where a copy cannot be avoided.
#pragma once

#include <array>
#include <cstdint>

#include "av_support.hpp"
#include "inflight/frame.hpp"
#include "picture_pool.hpp"

namespace inflight::media {

/// Borrowed pixels of any format.
struct Image {
  std::array<std::uint8_t*, 4> data{};
  std::array<int, 4> strides{};
  AVPixelFormat format = AV_PIX_FMT_NONE;  ///< never one of the yuvj formats: their range is in `look`
  Size size;
  ColorLook look;
  /// The matrix of these pixels where ColorMatrix has none for it; `look.matrix` is then the one to convert to.
  AVColorSpace rare_matrix = AVCOL_SPC_UNSPECIFIED;
};

Image image_of(const Picture& picture) noexcept;
/// Colours as the frame says; YUV that says nothing is of the `assumed` matrix and limited range.
Image image_of(const AVFrame& frame, ColorMatrix assumed = ColorMatrix::bt601) noexcept;

/// Does YUV of this format and matrix leave open how it is meant? JPEG's own formats have but one meaning.
bool leaves_matrix_open(AVPixelFormat format, AVColorSpace said) noexcept;
/// How FFmpeg calls it.
AVColorSpace tag_of(ColorMatrix matrix) noexcept;

/// True for 4:2:0 in three planes of 8 bits and with a matrix that frames can carry as it is.
bool is_i420(const Image& image) noexcept;

/// Remembers its tables from one call to the next of the same kind. Not thread-safe.
class Converter {
 public:
  /// Fills the pixels of `to`, which exist: size, format, matrix and range all change as needed. Alpha is dropped.
  /// Errors: unreadable_input for layouts that swscale does not know.
  Result<void> convert(const Image& from, const Image& to);

 private:
  struct Kind {
    AVPixelFormat format = AV_PIX_FMT_NONE;
    Size size;
    ColorLook look;
    AVColorSpace rare_matrix = AVCOL_SPC_UNSPECIFIED;
    friend bool operator==(const Kind&, const Kind&) = default;
  };
  static Kind kind_of(const Image& image) { return {image.format, image.size, image.look, image.rare_matrix}; }
  int build(const Image& from, const Image& to);
  Result<void> prepare(const Image& from, const Image& to);

  AvScaler scaler_;
  Kind from_;
  Kind to_;
};

/// Copies pixels between pictures of the same size.
void copy_picture(const Picture& from, const Picture& to) noexcept;

}  // namespace inflight::media
