#include "frame_maker.hpp"

namespace inflight::media {
namespace {

tl::unexpected<Error> no_memory() {
  return fail(ErrorCode::unreadable_input, "no memory for a picture of this size; use a smaller one");
}

PixelAspect aspect_of(const AVFrame& frame) {
  AVRational ratio = frame.sample_aspect_ratio;
  if (ratio.num <= 0 || ratio.den <= 0) return {};  // not stated
  PixelAspect aspect;
  av_reduce(&aspect.width, &aspect.height, ratio.num, ratio.den, INT16_MAX);  // what files can hold
  return aspect;
}

}  // namespace

Result<Frame> FrameMaker::make(AVFrame& decoded, Orientation stated) {
  Orientation orientation = orientation_of(decoded).value_or(stated);
  Result<Frame> stored = make_as_stored(decoded);
  if (!stored || orientation == Orientation{}) return stored;
  const Picture& picture = stored->picture();
  Frame upright = pool_.allocate(turned(picture.size, orientation), {picture.matrix, picture.range},
                                 turned(picture.pixel_aspect, orientation));
  if (!upright) return no_memory();
  turn(picture, orientation, upright.picture());
  return upright;
}

Size FrameMaker::size_of(const AVFrame& decoded, Orientation stated) {
  return turned(Size{decoded.width, decoded.height}, orientation_of(decoded).value_or(stated));
}

Result<Frame> FrameMaker::make_as_stored(AVFrame& decoded) {
  Image image = image_of(decoded, assumed_);
  PixelAspect aspect = aspect_of(decoded);
  if (is_i420(image)) return pool_.adopt(decoded, image.look, aspect);
  Frame frame = pool_.allocate(image.size, image.look, aspect);
  if (!frame) return no_memory();
  if (auto done = converter_.convert(image, image_of(frame.picture())); !done) return fail(std::move(done.error()));
  return frame;
}

}  // namespace inflight::media
