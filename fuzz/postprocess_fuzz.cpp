// Model outputs of any shape and values through every decoder: detections are finite, in the picture, in order.
#include <cmath>
#include <cstring>

#include "fuzzing.hpp"
#include "inflight/vision.hpp"

namespace {

using inflight::fuzzing::require;

constexpr std::int64_t kMostElements = 1 << 14;  // more would only be slow

inflight::Shape shape(FuzzedDataProvider& data) {
  std::vector<std::int64_t> dims;
  std::size_t rank = data.ConsumeIntegralInRange<std::size_t>(0, 5);
  std::int64_t left = kMostElements;
  for (std::size_t i = 0; i < rank; ++i) {
    // Those of families, so that values get somewhere; and any.
    std::int64_t dim = data.PickValueInArray<std::int64_t>({1, 1, 6, 7, 21, 63, 84, 252, -1});
    if (dim < 0) dim = data.ConsumeIntegralInRange<std::int64_t>(0, 300);
    dims.push_back(std::min(dim, left));
    left /= std::max<std::int64_t>(1, dims.back());
  }
  return inflight::Shape(dims);
}

inflight::ElementType type(FuzzedDataProvider& data) {
  using enum inflight::ElementType;
  return data.PickValueInArray({f32, f32, f16, u8, i64, bf16, f64});
}

inflight::Port image(FuzzedDataProvider& data) {
  using inflight::Shape;
  Shape any = data.PickValueInArray({Shape{1, 3, 32, 32}, Shape{1, 3, 64, 64}, Shape{1, 32, 64, 3}, Shape{1, 3, -1, 64},
                                     Shape{4, 3, 96, 32}, Shape{1, 3, 33, 32}});
  return {"image", inflight::ElementType::f32, any, ""};
}

/// The bytes that are left, again and again until the tensor is full.
void fill(inflight::TensorView tensor, const std::string& pattern) {
  if (pattern.empty()) return;
  std::span<std::byte> bytes = tensor.as_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(pattern[i % pattern.size()]);
}

inflight::PostprocessOptions options(FuzzedDataProvider& data) {
  inflight::PostprocessOptions options;
  options.score_threshold = data.PickValueInArray({0.3F, 0.0F, -1.0F, 1.0F});
  options.nms_iou = data.PickValueInArray({0.5F, 0.0F, 1.0F});
  options.nms = data.ConsumeBool() ? inflight::NmsMode::agnostic : inflight::NmsMode::class_wise;
  return options;
}

void check(const std::vector<inflight::Detection>& found, const inflight::SourceTransform& to, float threshold) {
  float last = 1;
  for (const inflight::Detection& each : found) {
    require(each.score >= threshold && each.score <= last, "scores are in order, and above the threshold");
    last = each.score;
    require(each.class_id >= 0 && !each.label.empty(), "classes have names");
    const inflight::Box& box = each.box;
    require(box.left >= 0 && box.top >= 0 && box.width > 0 && box.height > 0, "boxes have an area");
    // A side is a difference of edges, so the sum may be off by a rounding.
    require(box.left + box.width <= static_cast<float>(to.source.width) * 1.0001F &&
                box.top + box.height <= static_cast<float>(to.source.height) * 1.0001F,
            "boxes are within the picture");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  FuzzedDataProvider data(bytes, size);
  inflight::ModelInfo model;
  model.name = "fuzzed";
  model.inputs.push_back(image(data));
  model.outputs.push_back({"boxes", type(data), shape(data), ""});
  bool named = data.ConsumeBool();
  auto family = inflight::recognise(
      model, named ? data.PickValueInArray({std::string("ssd"), std::string("yolox"), std::string("yolov5")}) : "");
  if (!family) return 0;
  using inflight::BoxUnit;
  auto unit = data.PickValueInArray({BoxUnit::by_values, BoxUnit::pixels, BoxUnit::fractions});
  inflight::PostprocessOptions chosen = options(data);
  chosen.box_unit = unit;
  auto reader = inflight::make_postprocessor(*family, model, chosen);
  if (!reader) return 0;

  // As announced, or of another shape and type than the model promised.
  bool honest = data.ConsumeIntegralInRange(0, 7) != 0 && model.outputs[0].shape.is_static();
  inflight::Tensor output(honest ? model.outputs[0].type : type(data), honest ? model.outputs[0].shape : shape(data));
  auto mode = data.PickValueInArray({inflight::ResizeMode::stretch, inflight::ResizeMode::letterbox_center});
  inflight::Size source{data.PickValueInArray({1, 640, 8192}), data.PickValueInArray({1, 360, 8192})};
  auto transform = inflight::make_transform(source, {64, 64}, mode);
  fill(output, data.ConsumeRemainingBytesAsString());

  inflight::TensorView view = output;
  std::vector<inflight::Detection> found(3);  // as the frame before left it
  if ((*reader)->run({&view, 1}, transform, found)) check(found, transform, chosen.score_threshold);
  require((*reader)->run({}, transform, found).has_value() == false, "a missing output is refused");
  (*reader)->take_doubt();
  require((*reader)->take_doubt().empty(), "a doubt is told once");
  return 0;
}
