#include "image_layout.hpp"

#include <fmt/format.h>

#include <cctype>
#include <optional>

namespace inflight {
namespace {

constexpr std::int64_t kChannels = 3;
constexpr std::int64_t kMaxSide = 32767;  // libyuv's limit for scaling

/// The layout's letters: engines write "NCHW", "nchw" or "[N,C,H,W]".
std::string letters(const std::string& layout) {
  std::string out;
  for (unsigned char c : layout) {
    if (std::isalpha(c)) out += static_cast<char>(std::toupper(c));
  }
  return out;
}

/// Planar, interleaved, or neither. A layout that contradicts the shape makes it neither: better to refuse than to
/// feed colours as rows.
std::optional<bool> is_planar(const Port& port) {
  const Shape& shape = port.shape;
  if (shape.rank() != 4) return {};
  std::string layout = letters(port.layout);
  bool first = shape[1] == kChannels, last = shape[3] == kChannels;
  if (first && layout != "NHWC") return true;
  if (last && layout != "NCHW") return false;
  return {};
}

bool is_side(std::int64_t dim) { return dim > 0 && dim <= kMaxSide; }

/// What PixelConverter can write. bf16 inputs exist, but engines offer f32 ports for them.
bool is_pixel_type(ElementType type) {
  return type == ElementType::u8 || type == ElementType::f16 || type == ElementType::f32;
}

/// An open height or width deserves a hint of its own: it is the usual reason, and the user can mend it.
tl::unexpected<Error> not_an_image(const Port& port) {
  bool sizes_unknown = port.shape.rank() == 4 && !Shape{port.shape[1], port.shape[2], port.shape[3]}.is_static();
  return fail(ErrorCode::model_unusable,
              fmt::format("input '{}' of type {} and shape {} is not an image input: expected [1,3,H,W] or [1,H,W,3] "
                          "of u8, f16 or f32{}",
                          port.name, to_string(port.type), to_string(port.shape),
                          sizes_unknown ? ", with a fixed height and width; give one with --input-size WxH" : ""));
}

}  // namespace

Result<ImageLayout> image_layout(const Port& port) {
  std::optional<bool> planar = is_planar(port);
  if (!planar || !is_pixel_type(port.type)) return not_an_image(port);
  std::int64_t height = port.shape[*planar ? 2 : 1], width = port.shape[*planar ? 3 : 2];
  if (!is_side(height) || !is_side(width)) return not_an_image(port);
  return ImageLayout{port.type, {static_cast<int>(width), static_cast<int>(height)}, *planar};
}

std::optional<bool> picture_planes(const Port& port) {
  if (auto known = is_planar(port)) return known;
  const Shape& shape = port.shape;
  bool unknown = shape.rank() == 1 && shape[0] < 0;  // not even how many dimensions there are
  bool open = shape.rank() == 4 && shape[1] < 0;     // the channels, too
  if (!unknown && !open) return {};
  return letters(port.layout) != "NHWC";
}

Result<ImageInput> image_input(const ModelInfo& model) {
  if (model.inputs.empty()) {
    return fail(ErrorCode::model_unusable, fmt::format("model '{}' has no inputs", model.name));
  }
  for (std::size_t port = 0; port < model.inputs.size(); ++port) {
    if (auto layout = image_layout(model.inputs[port])) return ImageInput{port, *layout};
  }
  return fail(image_layout(model.inputs.front()).error());  // which names what was seen
}

}  // namespace inflight
