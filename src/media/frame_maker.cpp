#include "frame_maker.hpp"

namespace inflight::media {
namespace {

tl::unexpected<Error> no_memory() {
  return fail(ErrorCode::unreadable_input, "no memory for a picture of this size; use a smaller one");
}

}  // namespace

Result<Frame> FrameMaker::make(AVFrame& decoded) {
  Orientation orientation = orientation_of(decoded).value_or(stated_);
  Result<Frame> stored = make_as_stored(decoded);
  if (!stored || orientation == Orientation{}) return stored;
  const Picture& picture = stored->picture();
  Frame upright = pool_.allocate(turned(picture.size, orientation), {picture.matrix, picture.range});
  if (!upright) return no_memory();
  turn(picture, orientation, upright.picture());
  return upright;
}

Size FrameMaker::size_of(const AVFrame& decoded) const {
  return turned({decoded.width, decoded.height}, orientation_of(decoded).value_or(stated_));
}

Result<Frame> FrameMaker::make_as_stored(AVFrame& decoded) {
  Image image = image_of(decoded);
  if (is_i420(image)) return pool_.adopt(decoded, image.look);
  Frame frame = pool_.allocate(image.size, image.look);
  if (!frame) return no_memory();
  if (auto done = converter_.convert(image, image_of(frame.picture())); !done) return fail(std::move(done.error()));
  return frame;
}

}  // namespace inflight::media
