// What the inputs of a detection model are, and what those besides the picture are given.
#include <fmt/format.h>

#include <algorithm>

#include "convert.hpp"
#include "image_layout.hpp"
#include "inflight/vision.hpp"

namespace inflight {
namespace {

/// "image_info", "im_info" and "img_info" are the names in Open Model Zoo, Caffe and mmdetection.
bool is_image_info(const Port& port) {
  bool sized = port.shape.rank() == 2 && (port.shape[1] == 3 || port.shape[1] == 6);
  bool named = std::ranges::any_of(std::array{"image_info", "im_info", "img_info"},
                                   [&](const char* name) { return port.name.find(name) != std::string::npos; });
  return sized && named;
}

/// As lyuwenyu's RT-DETR, D-FINE and DEIM export it.
bool is_picture_size(const Port& port) {
  return port.shape.rank() == 2 && port.shape[1] == 2 && port.name.find("orig_target_sizes") != std::string::npos;
}

bool holds_pixels(ElementType type) {
  return type == ElementType::f32 || type == ElementType::f16 || type == ElementType::i32 || type == ElementType::i64;
}

Result<SideInput> recognise_side(const ModelInfo& model, std::size_t index) {
  const Port& port = model.inputs[index];
  if (holds_pixels(port.type) && is_image_info(port)) return SideInput{index, SideInput::Kind::image_info};
  if (holds_pixels(port.type) && is_picture_size(port)) return SideInput{index, SideInput::Kind::picture_size};
  return fail(ErrorCode::model_unusable,
              fmt::format("model '{}' has an input '{}' {} {} besides its picture, which nothing here can fill: of "
                          "further inputs, image_info [1,3] or [1,6] and orig_target_sizes [1,2] are understood; "
                          "export the model with one image input",
                          model.name, port.name, to_string(port.type), to_string(port.shape)));
}

void write(TensorView input, std::size_t at, int value) {
  switch (input.type()) {
    case ElementType::f16:
      input.as<Half>()[at] = to_half(static_cast<float>(value));
      return;
    case ElementType::i32:
      input.as<std::int32_t>()[at] = value;
      return;
    case ElementType::i64:
      input.as<std::int64_t>()[at] = value;
      return;
    default:
      input.as<float>()[at] = static_cast<float>(value);
  }
}

}  // namespace

Result<ModelInputs> recognise_inputs(const ModelInfo& model) {
  Result<ImageInput> picture = image_input(model);
  if (!picture) return fail(std::move(picture.error()));
  ModelInputs inputs;
  inputs.picture = picture->port;
  for (std::size_t port = 0; port < model.inputs.size(); ++port) {
    if (port == inputs.picture) continue;
    Result<SideInput> side = recognise_side(model, port);
    if (!side) return fail(std::move(side.error()));
    inputs.side.push_back(*side);
  }
  return inputs;
}

Result<void> write_side_input(const SideInput& side, const SourceTransform& transform, TensorView input) {
  if (!holds_pixels(input.type()) || input.shape().rank() != 2 || !input.data())
    return fail(ErrorCode::invalid_argument,
                fmt::format("an input {} {} holds no sizes", to_string(input.type()), to_string(input.shape())));
  auto columns = static_cast<std::size_t>(input.shape()[1]);
  for (std::size_t at = 0; at < input.elements(); ++at) {
    std::size_t column = at % columns;
    if (side.kind == SideInput::Kind::picture_size)
      write(input, at, column == 0 ? transform.source.width : transform.source.height);
    else
      write(input, at, column == 0 ? transform.model.height : column == 1 ? transform.model.width : 1);
  }
  return {};
}

}  // namespace inflight
