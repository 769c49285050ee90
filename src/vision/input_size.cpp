// Which size a model gets that leaves its own open.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "image_layout.hpp"
#include "labels.hpp"

namespace inflight {
namespace {

constexpr int kStride = 32;  // of nearly every detection network
constexpr int kMaxSide = 32767;

/// The whole numbers in "[640, 640]", "640" or "(384,640)"; none where there is anything else in it.
std::vector<int> numbers_in(std::string_view text) {
  std::vector<int> numbers;
  while (!text.empty()) {
    if (!std::isdigit(static_cast<unsigned char>(text.front()))) {
      if (std::string_view("[]() ,").find(text.front()) == std::string_view::npos) return {};
      text.remove_prefix(1);
      continue;
    }
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), numbers.emplace_back());
    if (error != std::errc{} || numbers.back() < 1 || numbers.back() > kMaxSide) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  }
  return numbers;
}

std::vector<int> numbers_of(const ModelInfo& model, std::string_view key) {
  for (const auto& [name, value] : model.metadata)
    if (last_part(name) == key) return numbers_in(value);
  return {};
}

/// Ultralytics: [height, width].
Size size_in(const ModelInfo& model) {
  std::vector<int> sides = numbers_of(model, "imgsz");
  if (sides.empty() || sides.size() > 2) return {};
  return {sides.back(), sides.front()};
}

Size rounded_up(Size size, const ModelInfo& model) {
  std::vector<int> strides = numbers_of(model, "stride");
  int stride = strides.empty() ? kStride : *std::ranges::max_element(strides);
  auto up = [stride](int side) { return (side + stride - 1) / stride * stride; };
  return {up(size.width), up(size.height)};
}

bool is_known(Size size) { return size.width > 0 && size.height > 0; }

struct Choice {
  Size size;
  std::string why;
};

/// An empty size: nobody says.
Choice choose(const ModelInfo& model, const std::function<Size()>& pictures) {
  if (Size size = size_in(model); is_known(size)) return {size, "by the file (imgsz)"};
  Size picture = pictures ? pictures() : Size{};
  if (!is_known(picture)) return {};
  Size size = rounded_up(picture, model);
  return {size, fmt::format("by the source's pictures of {}x{}", picture.width, picture.height)};
}

tl::unexpected<Error> nobody_knows(const ModelInfo& model, const Port& port) {
  return fail(
      ErrorCode::model_unusable,
      fmt::format("model '{}' leaves the size of its input '{}' {} open, and does not say which it was made for; "
                  "give one with --input-size WxH",
                  model.name, port.name, to_string(port.shape)));
}

/// The picture's input, with where height and width stand in it.
struct PictureInput {
  const Port* port = nullptr;
  std::size_t height = 2, width = 3, channels = 1;
};

std::optional<PictureInput> find_picture(const ModelInfo& model) {
  for (const Port& port : model.inputs) {
    std::optional<bool> planar = picture_planes(port);
    if (!planar) continue;
    return *planar ? PictureInput{&port, 2, 3, 1} : PictureInput{&port, 1, 2, 3};
  }
  return {};
}

}  // namespace

Result<std::optional<InputSize>> choose_input_size(const ModelInfo& model, Size asked,
                                                   const std::function<Size()>& pictures) {
  std::optional<PictureInput> picture = find_picture(model);
  if (!picture) return std::nullopt;  // recognise() tells what is wrong
  Shape shape = picture->port->shape;
  if (shape.rank() != 4) shape = {-1, -1, -1, -1};
  std::int64_t& height = shape[picture->height];
  std::int64_t& width = shape[picture->width];
  // A batch is the engine's to settle; where the file does not even say how many dimensions there are, who asks does.
  bool open = height < 0 || width < 0 || shape[picture->channels] < 0;
  if (!open && (!is_known(asked) || (height == asked.height && width == asked.width))) return std::nullopt;
  bool any_size = picture->port->shape.rank() == 4;  // else the network may well have one, and only the file hides it
  Choice choice = is_known(asked) ? Choice{asked, "as asked for"} : choose(model, any_size ? pictures : nullptr);
  if (!is_known(choice.size)) {
    if (!any_size) return std::nullopt;  // the engine knows what it lacks
    return nobody_knows(model, *picture->port);
  }
  if (height < 0 || is_known(asked)) height = choice.size.height;
  if (width < 0 || is_known(asked)) width = choice.size.width;
  if (shape[0] < 0) shape[0] = 1;
  shape[picture->channels] = 3;
  return InputSize{{{picture->port->name, shape}}, fmt::format("{}x{} {}", width, height, choice.why)};
}

}  // namespace inflight
