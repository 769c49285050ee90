// The factory: checks that family and model belong together, so that run() only meets outputs that fit.
#include <fmt/format.h>

#include <algorithm>

#include "families.hpp"
#include "image_layout.hpp"

namespace inflight {
namespace {

/// A family may come from another model than this, or have been filled in by hand.
Result<void> check(const ModelFamily& family, const ModelInfo& model, Size input) {
  std::span<const std::string_view> names = decoder_names();
  if (std::ranges::find(names, family.decoder) == names.end()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("no decoder '{}': there are {}", family.decoder, decoder_list()));
  }
  if (family.output >= model.outputs.size()) {
    return fail(ErrorCode::model_unusable, fmt::format("model '{}' has no output {}", model.name, family.output));
  }
  const Port& port = model.outputs[family.output];
  if (fit(family.decoder, port, input) != Fit::no) return {};
  return fail(ErrorCode::model_unusable,
              fmt::format("output '{}' {} {} of model '{}' cannot be read by decoder '{}', which reads {}", port.name,
                          to_string(port.type), to_string(port.shape), model.name, family.decoder,
                          expected_shape(family.decoder, input)));
}

}  // namespace

Result<std::unique_ptr<Postprocessor>> make_postprocessor(const ModelFamily& family, const ModelInfo& model,
                                                          const PostprocessOptions& options) {
  auto input = image_input(model);
  if (!input) return fail(std::move(input.error()));
  if (auto usable = check(family, model, input->layout.size); !usable) return fail(std::move(usable.error()));
  if (family.decoder == "ssd") return make_ssd(family, options);
  if (family.decoder == "yolox") return make_yolox(family, input->layout.size, options);
  return make_yolov5(family, input->layout.size, options);
}

}  // namespace inflight
