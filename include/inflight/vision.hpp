// From pictures to a model's input, and from its output to detections in source pixels.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inflight/api.hpp"
#include "inflight/engine.hpp"
#include "inflight/frame.hpp"

namespace INFLIGHT_API inflight {

/// stretch: fill the input, aspect not kept. letterbox: keep the aspect, pad the rest; sizes that do not fit exactly
/// are rounded to nearest where centred (Ultralytics' LetterBox), down at the top left (Megvii's preproc).
enum class ResizeMode : std::uint8_t { stretch, letterbox_center, letterbox_top_left };
enum class ChannelOrder : std::uint8_t { bgr, rgb };

struct PreprocessOptions {
  ResizeMode resize = ResizeMode::stretch;
  ChannelOrder channels = ChannelOrder::bgr;
  std::uint8_t padding = 114;          ///< of letterboxes, in every channel
  std::array<float, 3> mean{0, 0, 0};  ///< input = (pixel − mean) / scale, pixel 0..255, in channel order
  std::array<float, 3> scale{1, 1, 1};
};

/// Maps model input pixels to source pixels: source = (model − offset) · factor, per axis.
struct SourceTransform {
  float factor_x = 1, factor_y = 1;
  float offset_x = 0, offset_y = 0;
  Size model{};   ///< the model's input
  Size source{};  ///< the source's picture

  Box to_source(const Box& model_box) const noexcept;
};

/// Where `options` places a picture of size `source` in an input of size `model`.
SourceTransform make_transform(Size source, Size model, ResizeMode resize) noexcept;

/// Writes frames into input tensors. Keeps scratch memory: one thread at a time.
class Preprocessor {
 public:
  virtual ~Preprocessor() = default;
  /// `input` must match the port the preprocessor was made for. Where that is a batch, each of its items becomes this
  /// picture, so that nothing is read that nobody wrote. Errors: invalid_argument (it does not match, or the picture
  /// has no pixels).
  virtual Result<SourceTransform> run(const Picture& picture, TensorView input) = 0;
  /// Two preprocessors with the same recipe make the same bytes of a picture. Empty: like no other.
  virtual std::string recipe() const { return {}; }
};

/// For an image input [1,3,H,W] or [1,H,W,3] of u8, f16 or f32, whatever its batch size.
/// Errors: model_unusable (not an image input); invalid_argument (u8 input with mean or scale, a scale of 0, a
/// mean or scale that is not finite).
Result<std::unique_ptr<Preprocessor>> make_preprocessor(const Port& input, const PreprocessOptions& options);

/// An input besides the picture, which the makers of a model fill with numbers.
struct SideInput {
  enum class Kind : std::uint8_t {
    image_info,   ///< [N,3] or [N,6]: height and width of the model's input, then ones (Open Model Zoo)
    picture_size  ///< "orig_target_sizes" [N,2]: width and height of the source's picture (RT-DETR)
  };
  std::size_t port = 0;
  Kind kind = Kind::image_info;
};

/// Which input takes the picture, and what the others are given.
struct ModelInputs {
  std::size_t picture = 0;
  std::vector<SideInput> side{};
};

/// Errors: model_unusable (no image input, or another input that nobody knows how to fill), naming the input.
Result<ModelInputs> recognise_inputs(const ModelInfo& model);

/// Writes what `side` wants to know of a picture. Errors: invalid_argument (a type that holds no numbers of pixels).
Result<void> write_side_input(const SideInput& side, const SourceTransform& transform, TensorView input);

/// A shape for an image input that leaves its height or width open.
struct InputSize {
  std::map<std::string, Shape> shapes{};  ///< for CompileOptions::shapes
  std::string why{};                      ///< where the size is from, for people
};

/// `asked`, if it is one; else, of a model that leaves its size open, what its metadata says (Ultralytics' imgsz), else
/// that of the `pictures` to come, up to a multiple of the stride (metadata, else 32). {0,0}: not known. nullopt: the
/// size is fixed and nothing else is asked for. Errors: model_unusable (it is open, and nobody knows).
Result<std::optional<InputSize>> choose_input_size(const ModelInfo& model, Size asked,
                                                   const std::function<Size()>& pictures);

/// Turns the outputs of one inference into detections. Of a batch, those of its first picture. Thread-safe.
class Postprocessor {
 public:
  virtual ~Postprocessor() = default;
  /// Replaces `detections`: best score first, boxes clipped to the picture. `outputs` in port order.
  /// Errors: invalid_argument (an output is missing, or not of the shape it was made for).
  virtual Result<void> run(std::span<const TensorView> outputs, const SourceTransform& transform,
                           std::vector<Detection>& detections) const = 0;
  /// Why nothing was found in any picture since the last call, as far as the outputs tell: the highest score there
  /// was, and what may be wrong. Empty: something was found, or there is nothing to say.
  virtual std::string take_doubt() const { return {}; }
};

enum class NmsMode : std::uint8_t { class_wise, agnostic };

/// In what YOLOv5 networks give their boxes: pixels of the input, or fractions of it (TensorFlow's exports, and
/// others). by_values: told apart in each picture, since boxes of two pixels are none.
enum class BoxUnit : std::uint8_t { by_values, pixels, fractions };

struct PostprocessOptions {
  float score_threshold = 0.3F;
  float nms_iou = 0.5F;
  NmsMode nms = NmsMode::class_wise;
  BoxUnit box_unit = BoxUnit::by_values;
};

/// What kind of detection model it is, and so how to feed it and read it.
struct ModelFamily {
  std::string decoder{};   ///< "ssd", "yolox", "yolov5"
  std::string why{};       ///< what it was recognised by, for people
  std::size_t output = 0;  ///< which output port holds the detections
  PreprocessOptions preprocess{};
  std::vector<std::string> labels{};  ///< by class id; ids beyond it are labelled by their number
  std::vector<std::string> notes{};   ///< for people: batches, sizes and inputs that are not as usual
};

/// Names that `recognise` takes as `decoder`.
std::span<const std::string_view> decoder_names() noexcept;

/// Recognises a detection model by outputs and metadata; `decoder` settles it by name.
/// Errors: model_unusable (no image input, or outputs that are not understood), saying what was seen and which
/// decoders would fit; invalid_argument (no such decoder).
Result<ModelFamily> recognise(const ModelInfo& model, std::string_view decoder = {});

/// `model` as compiled; its input size gives the scale of the outputs. Errors: model_unusable (no image input, or
/// outputs that do not belong to `family`); invalid_argument (no such decoder).
Result<std::unique_ptr<Postprocessor>> make_postprocessor(const ModelFamily& family, const ModelInfo& model,
                                                          const PostprocessOptions& options = {});

/// What the overlay says besides the boxes.
struct OverlayOptions {
  bool boxes = true;
  bool text = true;  ///< FPS and end-to-end latency, top left
};

/// Draws detections, FPS and latency onto the Y, U and V planes of `picture`, which must be writable.
void draw_overlay(const Picture& picture, const FrameResult& result, const OverlayOptions& options = {});

}  // namespace INFLIGHT_API inflight
