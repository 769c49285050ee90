// How an image input lies in memory.
#pragma once

#include <optional>

#include "inflight/vision.hpp"

namespace inflight {

/// Height, width and order of one image; the batch is left out, for preprocessors write one image at a time.
struct ImageLayout {
  ElementType type = ElementType::u8;
  Size size;
  bool planar = true;  ///< NCHW: one plane per channel; otherwise NHWC: interleaved
};

/// Reads `port` as [N,3,H,W] or [N,H,W,3], by its layout where it names one, else by where the 3 stands.
/// Errors: model_unusable, naming the port and what an image input would be.
Result<ImageLayout> image_layout(const Port& port);

/// Is `port` laid out as a picture, whatever of its sizes is open? true: [N,3,H,W]; false: [N,H,W,3].
std::optional<bool> picture_planes(const Port& port);

struct ImageInput {
  std::size_t port = 0;
  ImageLayout layout;
};

/// The first input of `model` that is an image. Errors: model_unusable, as above.
Result<ImageInput> image_input(const ModelInfo& model);

}  // namespace inflight
