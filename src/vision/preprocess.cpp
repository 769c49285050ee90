// Pictures into input tensors. Everything stays in YUV until it has the model's size; colour conversion then runs over
// bands of rows small enough for the L1 and L2 caches, and each band is written to the tensor while it is there.
#include <fmt/format.h>
#include <libyuv.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <type_traits>
#include <vector>

#include "convert.hpp"
#include "geometry.hpp"
#include "image_layout.hpp"
#include "inflight/detail/joined.hpp"
#include "inflight/vision.hpp"
#include "scale.hpp"

namespace inflight {
namespace {

constexpr int kBandRows = 16;  // even: chroma rows cover two

/// A YUV → RGB matrix and which chroma plane libyuv wants first.
struct Colours {
  const libyuv::YuvConstants* matrix;
  bool swap_chroma;
};

/// libyuv's factors end at 2.0, so that strong blues of limited BT.709 (2.112) and BT.2020 (2.142) are off by up to 12
/// and 16 of 255; all else is within 2. It puts blue first; with U and V swapped and the mirrored matrix ("Yvu") red
/// comes first instead.
Colours colours(const Picture& picture, ChannelOrder order) noexcept {
  bool full = picture.range == ColorRange::full, swap = order == ChannelOrder::rgb;
  if (picture.matrix == ColorMatrix::bt2020) {
    if (full) return {swap ? &libyuv::kYvuV2020Constants : &libyuv::kYuvV2020Constants, swap};
    return {swap ? &libyuv::kYvu2020Constants : &libyuv::kYuv2020Constants, swap};
  }
  if (picture.matrix == ColorMatrix::bt709) {
    if (full) return {swap ? &libyuv::kYvuF709Constants : &libyuv::kYuvF709Constants, swap};
    return {swap ? &libyuv::kYvuH709Constants : &libyuv::kYuvH709Constants, swap};
  }
  if (full) return {swap ? &libyuv::kYvuJPEGConstants : &libyuv::kYuvJPEGConstants, swap};
  return {swap ? &libyuv::kYvuI601Constants : &libyuv::kYuvI601Constants, swap};
}

/// Some rows of a picture, beginning with an even one.
struct Band {
  const Picture* picture;
  Colours colours;
  int first;
  int rows;

  const std::uint8_t* luma() const noexcept { return row(0, first); }
  const std::uint8_t* chroma(bool second) const noexcept {
    return row(second != colours.swap_chroma ? 2 : 1, first / 2);
  }
  int chroma_stride(bool second) const noexcept {
    return picture->planes[second != colours.swap_chroma ? 2 : 1].stride;
  }

 private:
  const std::uint8_t* row(std::size_t plane, int y) const noexcept {
    const Plane& p = picture->planes[plane];
    return p.data + static_cast<std::ptrdiff_t>(y) * p.stride;
  }
};

/// Three bytes per pixel, as NHWC inputs have them.
void to_interleaved(const Band& band, std::uint8_t* out, int stride) {
  libyuv::I420ToRGB24Matrix(band.luma(), band.picture->planes[0].stride, band.chroma(false), band.chroma_stride(false),
                            band.chroma(true), band.chroma_stride(true), out, stride, band.colours.matrix,
                            band.picture->size.width, band.rows);
}

/// Four bytes per pixel: splitting those is quicker than three.
void to_padded_pixels(const Band& band, std::uint8_t* out, int stride) {
  libyuv::I420ToARGBMatrix(band.luma(), band.picture->planes[0].stride, band.chroma(false), band.chroma_stride(false),
                           band.chroma(true), band.chroma_stride(true), out, stride, band.colours.matrix,
                           band.picture->size.width, band.rows);
}

/// For inputs of T = std::uint8_t, Half or float. All memory is taken here or when a larger picture comes; otherwise
/// run() allocates nothing (libyuv takes and returns one row).
template <class T>
class ImagePreprocessor final : public Preprocessor {
 public:
  ImagePreprocessor(const ImageLayout& layout, const PreprocessOptions& options)
      : layout_(layout),
        options_(options),
        convert_(options),
        padding_(convert_.padding(options.padding)),
        scaler_(layout.size) {
    pixels_.resize(std::size_t{4} * kBandRows * width());
    planes_.resize(std::size_t{3} * kBandRows * width());
  }

  std::string recipe() const override {
    return fmt::format("{} {}x{} {} resize {} channels {} padding {} mean {} scale {}", sizeof(T), layout_.size.width,
                       layout_.size.height, layout_.planar ? "planar" : "interleaved", int(options_.resize),
                       int(options_.channels), options_.padding, detail::joined(options_.mean, ","),
                       detail::joined(options_.scale, ","));
  }

  Result<SourceTransform> run(const Picture& picture, TensorView input) override {
    if (auto fits = check(picture, input); !fits) return fail(std::move(fits.error()));
    Placement placed = place(picture.size, layout_.size, options_.resize);
    auto scaled = scaler_.scale(picture, placed.size);
    if (!scaled) return fail(std::move(scaled.error()));

    T* out = input.as<T>().data();
    pad(placed, out);
    for (int y = 0; y < placed.size.height; y += kBandRows) {
      Band band{&*scaled, colours(*scaled, options_.channels), y, std::min(kBandRows, placed.size.height - y)};
      layout_.planar ? write_planar(band, placed, out) : write_interleaved(band, placed, out);
    }
    repeat(input.as<T>());
    return make_transform(picture.size, layout_.size, options_.resize);
  }

 private:
  std::size_t width() const noexcept { return static_cast<std::size_t>(layout_.size.width); }
  std::size_t height() const noexcept { return static_cast<std::size_t>(layout_.size.height); }

  /// First pixel of row `y`, column `x` in the tensor: of `channel` where planar, of all where interleaved.
  T* at(T* out, int x, int y, std::size_t channel) const noexcept {
    auto column = static_cast<std::size_t>(x), row = static_cast<std::size_t>(y);
    return layout_.planar ? out + (channel * height() + row) * width() + column : out + (row * width() + column) * 3;
  }

  /// Is there a picture, and is `input` what this was made for? Checked on every frame: it costs nothing beside it.
  Result<void> check(const Picture& picture, const TensorView& input) const;
  /// One band of rows into its place in the tensor.
  void write_interleaved(const Band& band, const Placement& placed, T* out);
  void write_planar(const Band& band, const Placement& placed, T* out);
  void pad(const Placement& placed, T* out) const;
  /// The first picture of a batch becomes all of them.
  void repeat(std::span<T> batch) const;
  /// Fills the rectangle of `size` at (`x`, `y`) with the padding.
  void fill(T* out, int x, int y, Size size) const;

  const ImageLayout layout_;
  const PreprocessOptions options_;
  const PixelConverter<T> convert_;
  const std::array<T, 3> padding_;
  Scaler scaler_;
  std::vector<std::uint8_t> pixels_;  // one band, interleaved
  std::vector<std::uint8_t> planes_;  // one band, a plane per channel
};

template <class T>
Result<void> ImagePreprocessor<T>::check(const Picture& picture, const TensorView& input) const {
  if (picture.size.width <= 0 || picture.size.height <= 0) {
    return fail(ErrorCode::invalid_argument, "the picture has no pixels");
  }
  auto h = layout_.size.height, w = layout_.size.width;
  Shape image = layout_.planar ? Shape{3, h, w} : Shape{h, w, 3};
  const Shape& shape = input.shape();
  bool same = shape.rank() >= 3 && std::ranges::equal(shape.dims().last(3), image) && shape.is_static();
  // The batch may be anything but 0.
  if (same && input.type() == layout_.type && input.elements() > 0 && input.data()) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("the input tensor is {} {}, but the preprocessor was made for {} {}", to_string(input.type()),
                          to_string(shape), to_string(layout_.type), to_string(image)));
}

template <class T>
void ImagePreprocessor<T>::write_interleaved(const Band& band, const Placement& placed, T* out) {
  if constexpr (std::is_same_v<T, std::uint8_t>) {
    to_interleaved(band, at(out, placed.left, placed.top + band.first, 0), 3 * layout_.size.width);
  } else {
    int stride = 3 * placed.size.width;
    to_interleaved(band, pixels_.data(), stride);
    for (int row = 0; row < band.rows; ++row) {
      convert_.interleaved(pixels_.data() + static_cast<std::ptrdiff_t>(row) * stride,
                           at(out, placed.left, placed.top + band.first + row, 0),
                           static_cast<std::size_t>(placed.size.width));
    }
  }
}

template <class T>
void ImagePreprocessor<T>::write_planar(const Band& band, const Placement& placed, T* out) {
  Size size{placed.size.width, band.rows};
  to_padded_pixels(band, pixels_.data(), 4 * size.width);
  // libyuv names planes by ARGB's order in memory, blue first: its "blue" is whatever comes first here.
  // 8-bit planes go straight into the tensor, others by way of `planes_`.
  constexpr bool kDirect = std::is_same_v<T, std::uint8_t>;
  int stride = kDirect ? layout_.size.width : size.width;
  auto plane = [&](std::size_t channel) -> std::uint8_t* {
    if constexpr (kDirect) return at(out, placed.left, placed.top + band.first, channel);
    return planes_.data() + channel * kBandRows * width();
  };
  libyuv::SplitARGBPlane(pixels_.data(), 4 * size.width, plane(2), stride, plane(1), stride, plane(0), stride, nullptr,
                         0, size.width, size.height);
  if constexpr (!kDirect) {
    for (std::size_t c = 0; c < 3; ++c) {
      for (int row = 0; row < band.rows; ++row) {
        convert_.plane(plane(c) + static_cast<std::ptrdiff_t>(row) * stride,
                       at(out, placed.left, placed.top + band.first + row, c), static_cast<std::size_t>(size.width), c);
      }
    }
  }
}

template <class T>
void ImagePreprocessor<T>::repeat(std::span<T> batch) const {
  std::size_t one = 3 * width() * height();
  for (std::size_t at = one; at < batch.size(); at += one) std::copy_n(batch.data(), one, batch.data() + at);
}

/// Every frame may go to another tensor, so the margins are written each time, and nothing but them.
template <class T>
void ImagePreprocessor<T>::pad(const Placement& placed, T* out) const {
  int right = placed.left + placed.size.width, bottom = placed.top + placed.size.height;
  fill(out, 0, 0, {layout_.size.width, placed.top});
  fill(out, 0, bottom, {layout_.size.width, layout_.size.height - bottom});
  fill(out, 0, placed.top, {placed.left, placed.size.height});
  fill(out, right, placed.top, {layout_.size.width - right, placed.size.height});
}

template <class T>
void ImagePreprocessor<T>::fill(T* out, int x, int y, Size size) const {
  if (size.width <= 0) return;
  for (int row = y; row < y + size.height; ++row) {
    if (layout_.planar) {
      for (std::size_t c = 0; c < 3; ++c) std::fill_n(at(out, x, row, c), size.width, padding_[c]);
    } else if (row == y) {
      T* next = at(out, x, row, 0);
      for (int i = 0; i < size.width; ++i) next = std::copy(padding_.begin(), padding_.end(), next);
    } else {
      std::copy_n(at(out, x, y, 0), 3 * size.width, at(out, x, row, 0));  // a whole row is quicker than its pixels
    }
  }
}

/// Nothing to compute: pixels go in as they are.
bool is_identity(const PreprocessOptions& options) {
  auto all = [](const std::array<float, 3>& values, float v) {
    return std::ranges::all_of(values, [v](float x) { return x == v; });
  };
  return all(options.mean, 0) && all(options.scale, 1);
}

/// No option may turn pixels into NaN or infinity, which engines would pass on silently.
bool is_usable(const PreprocessOptions& options) {
  auto finite = [](float x) { return std::isfinite(x); };
  return std::ranges::all_of(options.mean, finite) &&
         std::ranges::all_of(options.scale, [](float x) { return std::isfinite(x) && x != 0; });
}

}  // namespace

Result<std::unique_ptr<Preprocessor>> make_preprocessor(const Port& input, const PreprocessOptions& options) {
  auto layout = image_layout(input);
  if (!layout) return fail(std::move(layout.error()));
  if (!is_usable(options)) return fail(ErrorCode::invalid_argument, "mean and scale must be finite, and scale not 0");
  switch (layout->type) {
    case ElementType::f32:
      return std::make_unique<ImagePreprocessor<float>>(*layout, options);
    case ElementType::f16:
      return std::make_unique<ImagePreprocessor<Half>>(*layout, options);
    default:
      break;  // u8: image_layout lets no other type pass
  }
  if (!is_identity(options)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("input '{}' takes 8-bit pixels as they are: no mean or scale can be applied to them; "
                            "compile the model with a float input instead (u8_input = false)",
                            input.name));
  }
  return std::make_unique<ImagePreprocessor<std::uint8_t>>(*layout, options);
}

}  // namespace inflight
