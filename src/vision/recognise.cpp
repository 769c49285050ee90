// From a model's ports and metadata to its family. Recognises only what cannot be mistaken; whatever is open is left
// to the user, with an error that says what was seen and what would fit.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "families.hpp"
#include "image_layout.hpp"
#include "inflight/detail/joined.hpp"
#include "labels.hpp"

namespace inflight {
namespace {

struct Match {
  std::string_view decoder;
  std::size_t output = 0;
};

/// The first output that one of `decoders` fits at least as well as `wanted`.
std::optional<Match> find(const ModelInfo& model, Size input, std::span<const std::string_view> decoders, Fit wanted) {
  for (std::string_view decoder : decoders) {
    for (std::size_t i = 0; i < model.outputs.size(); ++i) {
      if (fit(decoder, model.outputs[i], input) >= wanted) return Match{decoder, i};
    }
  }
  return {};
}

/// "'boxes' f32 [1,100,4], 'scores' f32 [1,100]".
std::string describe_outputs(const ModelInfo& model) {
  const auto print = [](const Port& port) {
    return fmt::format("'{}' {} {}", port.name, to_string(port.type), to_string(port.shape));
  };
  return model.outputs.empty() ? "none" : detail::joined(model.outputs, ", ", print);
}

/// "ssd reads [1,1,N,7], yolox reads …".
std::string describe_expectations(std::span<const std::string_view> decoders, Size input) {
  return detail::joined(decoders, ", ", [&](std::string_view decoder) {
    return fmt::format("{} reads {}", decoder, expected_shape(decoder, input));
  });
}

/// Which decoders the user could name to settle it.
std::string advice(const ModelInfo& model, Size input) {
  std::string text;
  for (const std::string_view& decoder : decoder_names()) {
    if (!find(model, input, {&decoder, 1}, Fit::possible)) continue;
    detail::join(text, " or ", fmt::format("--decoder {}", decoder));
  }
  return text.empty() ? "no decoder fits" : text + " would fit";
}

tl::unexpected<Error> not_recognised(const ModelInfo& model, Size input) {
  return fail(ErrorCode::model_unusable,
              fmt::format("model '{}' is not recognised as a detection model: for its {}x{} input {}; its outputs are "
                          "{}; {}",
                          model.name, input.width, input.height, describe_expectations(decoder_names(), input),
                          describe_outputs(model), advice(model, input)));
}

tl::unexpected<Error> does_not_fit(const ModelInfo& model, Size input, std::string_view decoder) {
  return fail(ErrorCode::model_unusable,
              fmt::format("decoder {} does not fit model '{}': for its {}x{} input it reads {}; the outputs are {}; {}",
                          decoder, model.name, input.width, input.height, expected_shape(decoder, input),
                          describe_outputs(model), advice(model, input)));
}

/// A named decoder may settle what shapes leave open, but cannot overrule a shape that contradicts it.
Result<Match> match(const ModelInfo& model, Size input, std::string_view decoder) {
  std::span<const std::string_view> names = decoder_names();
  if (decoder.empty()) {
    if (auto found = find(model, input, names, Fit::yes)) return *found;
    return not_recognised(model, input);
  }
  if (std::ranges::find(names, decoder) == names.end()) {
    return fail(ErrorCode::invalid_argument, fmt::format("no decoder '{}': there are {}", decoder, decoder_list()));
  }
  for (Fit wanted : {Fit::yes, Fit::possible}) {
    if (auto found = find(model, input, {&decoder, 1}, wanted)) return *found;
  }
  return does_not_fit(model, input, decoder);
}

/// How the families' own code feeds them: Open Model Zoo (BGR 0..255, stretched), Megvii's `preproc` (BGR 0..255, top
/// left), Ultralytics' `LetterBox` (RGB 0..1, centred).
PreprocessOptions preprocess_of(std::string_view decoder) {
  PreprocessOptions options;
  if (decoder == "yolox") options.resize = ResizeMode::letterbox_top_left;
  if (decoder == "yolov5") {
    options.resize = ResizeMode::letterbox_center;
    options.channels = ChannelOrder::rgb;
    options.scale = {255, 255, 255};
  }
  return options;
}

/// One line for people: what gave it away.
std::string explain(const ModelFamily& family, const Port& port, Size input, bool named) {
  std::string seen = fmt::format("output '{}' {}", port.name, to_string(port.shape));
  if (named) return fmt::format("named by the user; {}", seen);
  if (family.decoder == "ssd") return fmt::format("{}: rows of image, label, score and corners", seen);
  return fmt::format("{}: {} of strides 8, 16 and 32 over {}x{}", seen,
                     family.decoder == "yolox" ? "one row per cell" : "three rows per cell", input.width, input.height);
}

/// 0 where the shape does not tell.
std::size_t classes_of(std::string_view decoder, const Port& port) {
  std::int64_t columns = port.shape[port.shape.rank() - 1];
  bool known = decoder != "ssd" && columns > static_cast<std::int64_t>(kYoloBoxColumns);
  return known ? static_cast<std::size_t>(columns) - kYoloBoxColumns : 0;
}

/// What is not as usual about how the model is fed.
std::vector<std::string> notes_on(const ModelInfo& model, const ModelInputs& inputs) {
  std::vector<std::string> notes;
  const Port& picture = model.inputs[inputs.picture];
  std::int64_t batch = picture.shape[0];
  if (batch < 0) notes.push_back("the batch is open: one picture at a time, or what BATCH finds best");
  if (batch > 1)
    notes.push_back(fmt::format("the batch is fixed: all {} of it are the same picture, and the first is read", batch));
  for (const SideInput& side : inputs.side)
    notes.push_back(fmt::format("input '{}' is given {}", model.inputs[side.port].name,
                                side.kind == SideInput::Kind::image_info
                                    ? "height and width of the model's input, then ones"
                                    : "width and height of the source's picture"));
  return notes;
}

}  // namespace

Result<ModelFamily> recognise(const ModelInfo& model, std::string_view decoder) {
  auto input = image_input(model);
  if (!input) return fail(std::move(input.error()));
  const Size size = input->layout.size;
  auto matched = match(model, size, decoder);
  if (!matched) return fail(std::move(matched.error()));
  Result<ModelInputs> inputs = recognise_inputs(model);
  if (!inputs) return fail(std::move(inputs.error()));

  const Port& port = model.outputs[matched->output];
  ModelFamily family;
  family.decoder = matched->decoder;
  family.output = matched->output;
  family.preprocess = preprocess_of(matched->decoder);
  family.why = explain(family, port, size, !decoder.empty());
  family.labels = find_labels(model, classes_of(matched->decoder, port));
  family.notes = notes_on(model, *inputs);
  return family;
}

}  // namespace inflight
