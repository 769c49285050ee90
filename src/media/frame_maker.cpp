#include "frame_maker.hpp"

namespace inflight::media {

Result<Frame> FrameMaker::make(AVFrame& decoded) {
  Image image = image_of(decoded);
  if (is_i420(image)) return pool_.adopt(decoded, image.look);
  Frame frame = pool_.allocate(image.size, image.look);
  if (!frame) return fail(ErrorCode::unreadable_input, "no memory for a picture of this size; use a smaller one");
  if (auto done = converter_.convert(image, image_of(frame.picture())); !done) return fail(std::move(done.error()));
  return frame;
}

}  // namespace inflight::media
