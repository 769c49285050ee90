// The overlay. Drawn on the Y, U and V planes as they are: the encoder takes those, and no RGB picture is made.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <string_view>

#include "inflight/vision.hpp"

namespace inflight {
namespace {

/// 0..255 each.
struct Rgb {
  int red, green, blue;
};
struct Yuv {
  std::uint8_t y, u, v;
};
/// In luma pixels.
struct Area {
  int left, top, right, bottom;  // right and bottom are outside
};

/// By class, repeating. Neighbours differ in hue and stand out from streets and rooms.
constexpr std::array<Rgb, 12> kPalette{{{0, 230, 118},
                                        {255, 145, 0},
                                        {41, 182, 255},
                                        {255, 82, 145},
                                        {255, 234, 0},
                                        {179, 136, 255},
                                        {29, 233, 220},
                                        {255, 82, 62},
                                        {178, 255, 89},
                                        {250, 120, 255},
                                        {120, 144, 255},
                                        {255, 190, 130}}};

constexpr Rgb kBackdrop{24, 24, 28};
constexpr Rgb kWhite{255, 255, 255};
constexpr Rgb kBlack{0, 0, 0};

struct LumaWeights {
  double red, blue;
};

/// ITU-R BT.601, BT.709 and BT.2020.
LumaWeights weights_of(ColorMatrix matrix) noexcept {
  switch (matrix) {
    case ColorMatrix::bt601:
      break;
    case ColorMatrix::bt709:
      return {0.2126, 0.0722};
    case ColorMatrix::bt2020:
      return {0.2627, 0.0593};
  }
  return {0.299, 0.114};
}

/// Luma, then chroma as scaled differences from it.
Yuv to_yuv(Rgb rgb, const Picture& picture) noexcept {
  const bool full = picture.range == ColorRange::full;
  const auto [kr, kb] = weights_of(picture.matrix);
  double r = rgb.red / 255.0, g = rgb.green / 255.0, b = rgb.blue / 255.0;
  double y = kr * r + (1 - kr - kb) * g + kb * b, u = (b - y) / (2 - 2 * kb), v = (r - y) / (2 - 2 * kr);
  auto byte = [](double x) { return static_cast<std::uint8_t>(std::clamp(std::lround(x), 0L, 255L)); };
  double luma = full ? 255 : 219, chroma = full ? 255 : 224;
  return {byte(y * luma + (full ? 0 : 16)), byte(u * chroma + 128), byte(v * chroma + 128)};
}

/// Borrows the plane: OpenCV draws into the picture itself and clips at its borders.
cv::Mat as_mat(const Picture& picture, std::size_t plane) {
  Size size = plane == 0 ? picture.size : picture.chroma_size();
  return {size.height, size.width, CV_8UC1, picture.planes[plane].data,
          static_cast<std::size_t>(picture.planes[plane].stride)};
}

/// A picture as something to draw on. All coordinates are luma pixels and may lie outside.
class Canvas {
 public:
  explicit Canvas(const Picture& picture)
      : picture_(picture), planes_{as_mat(picture, 0), as_mat(picture, 1), as_mat(picture, 2)} {}

  int width() const noexcept { return picture_.size.width; }
  int height() const noexcept { return picture_.size.height; }
  /// Lines, text and margins grow with the picture: 1 up to 720 pixels of the shorter side, then in proportion.
  double scale() const noexcept { return std::max(1.0, std::min(width(), height()) / 720.0); }

  /// Fills what of `area` lies inside. Where an edge is odd, its chroma sample takes the colour as a whole.
  void fill(Area area, Rgb colour) {
    Yuv yuv = to_yuv(colour, picture_);
    fill_plane(0, area, yuv.y);
    Area halved{area.left / 2, area.top / 2, (area.right + 1) / 2, (area.bottom + 1) / 2};
    fill_plane(1, halved, yuv.u);
    fill_plane(2, halved, yuv.v);
  }

  /// Text on a filled area. Only its luma is drawn: the area gives the chroma, and eyes read luma.
  /// `at`: where its baseline begins.
  void text(const std::string& text, cv::Point at, double size, Rgb colour) {
    cv::putText(planes_[0], text, at, kFont, size, to_yuv(colour, picture_).y, thickness(size), cv::LINE_AA);
  }

  /// How much room `text` takes above and below its baseline.
  struct TextSize {
    int width, height, descent;
  };
  static TextSize measure(const std::string& text, double size) {
    int descent = 0;
    cv::Size box = cv::getTextSize(text, kFont, size, thickness(size), &descent);
    return {box.width, box.height, descent};
  }

 private:
  static constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
  static int thickness(double size) noexcept { return std::max(1, static_cast<int>(std::lround(2 * size))); }

  void fill_plane(std::size_t plane, Area area, std::uint8_t value) {
    cv::Mat& mat = planes_[plane];
    int left = std::max(area.left, 0), right = std::min(area.right, mat.cols);
    int top = std::max(area.top, 0), bottom = std::min(area.bottom, mat.rows);
    if (left < right && top < bottom) mat(cv::Range(top, bottom), cv::Range(left, right)).setTo(value);
  }

  const Picture& picture_;
  std::array<cv::Mat, 3> planes_;
};

/// A box in whole, even pixels, so that its lines cover their chroma samples exactly; empty if it is not finite.
Area even_area(const Box& box, const Canvas& canvas) {
  float right = box.left + box.width, bottom = box.top + box.height;
  if (!std::isfinite(box.left) || !std::isfinite(box.top) || !std::isfinite(right) || !std::isfinite(bottom)) return {};
  auto even = [](float v, int limit) {
    return static_cast<int>(std::clamp(v, 0.0F, static_cast<float>(limit)) / 2 + 0.5F) * 2;
  };
  return {even(box.left, canvas.width()), even(box.top, canvas.height()), even(right, canvas.width()),
          even(bottom, canvas.height())};
}

/// Four filled strips inside the box's edges, 2 pixels at 720p and 4 at 1080p: even, for whole chroma samples.
void draw_frame(Canvas& canvas, Area box, Rgb colour) {
  int line = 2 * static_cast<int>(std::lround(canvas.scale()));
  canvas.fill({box.left, box.top, box.right, box.top + line}, colour);
  canvas.fill({box.left, box.bottom - line, box.right, box.bottom}, colour);
  canvas.fill({box.left, box.top, box.left + line, box.bottom}, colour);
  canvas.fill({box.right - line, box.top, box.right, box.bottom}, colour);
}

/// Text on a filled area.
struct Tag {
  std::string text;
  double size = 0;
  Area area{};
  int baseline = 0;
};

/// A tag whose lower left corner is `corner`, moved as far as needed to stay inside the picture.
Tag make_tag(const Canvas& canvas, std::string text, double size, cv::Point corner) {
  Canvas::TextSize extent = Canvas::measure(text, size);
  int margin = static_cast<int>(std::lround(4 * canvas.scale()));
  int width = (extent.width + 2 * margin + 1) / 2 * 2;
  int height = (extent.height + extent.descent + margin + 1) / 2 * 2;
  int left = std::max(0, std::min(corner.x, canvas.width() - width)) / 2 * 2;
  int top = std::max(0, corner.y - height) / 2 * 2;
  return {std::move(text), size, {left, top, left + width, top + height}, margin / 2 + extent.height};
}

void draw_tag(Canvas& canvas, const Tag& tag, Rgb back, Rgb front) {
  canvas.fill(tag.area, back);
  int margin = static_cast<int>(std::lround(4 * canvas.scale()));
  canvas.text(tag.text, {tag.area.left + margin, tag.area.top + tag.baseline}, tag.size, front);
}

/// The headline stays free: a tag that would lie under it moves below.
void avoid(Tag& tag, const Area& headline) {
  if (tag.area.left >= headline.right || tag.area.top >= headline.bottom) return;
  int down = headline.bottom - tag.area.top;
  tag.area.top += down;
  tag.area.bottom += down;
}

/// Frame and name of one detection. A box outside the picture, or none at all, draws nothing.
void draw_detection(Canvas& canvas, const Detection& detection, std::string_view model, const Area& headline) {
  Area box = even_area(detection.box, canvas);
  if (box.left >= box.right || box.top >= box.bottom) return;
  Rgb colour = kPalette[static_cast<std::size_t>(detection.class_id) % kPalette.size()];
  draw_frame(canvas, box, colour);
  std::string text =
      fmt::format("{}{}{} {:.0f}%", model, model.empty() ? "" : ": ", detection.label, 100 * detection.score);
  Tag tag = make_tag(canvas, std::move(text), 0.5 * canvas.scale(), {box.left, box.top});
  avoid(tag, headline);
  draw_tag(canvas, tag, colour, kBlack);
}

/// Worst first, so that the best end on top. `model`: whose they are, where there are several.
void draw_detections(Canvas& canvas, const std::vector<Detection>& detections, std::string_view model,
                     const Area& headline) {
  for (auto it = detections.rbegin(); it != detections.rend(); ++it) draw_detection(canvas, *it, model, headline);
}

Tag make_headline(const Canvas& canvas, const FrameResult& result) {
  std::string text = fmt::format("{:.1f} FPS  {:.1f} ms", result.frames_per_second, to_ms(result.end_to_end_time));
  return make_tag(canvas, std::move(text), 0.6 * canvas.scale(), {0, 0});
}

}  // namespace

void draw_overlay(const Picture& picture, const FrameResult& result, const OverlayOptions& options) {
  if (picture.size.width <= 0 || picture.size.height <= 0) return;
  Canvas canvas(picture);
  Tag headline = options.text ? make_headline(canvas, result) : Tag{};
  if (options.boxes) {
    draw_detections(canvas, result.detections, "", headline.area);
    for (const ModelResult& model : result.models)
      draw_detections(canvas, model.detections, model.model, headline.area);
  }
  if (options.text) draw_tag(canvas, headline, kBackdrop, kWhite);
}

}  // namespace inflight
