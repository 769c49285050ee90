#include "canvas.hpp"

#include <fmt/format.h>

#include <cstring>

namespace inflight::media {
namespace {

/// The frame's memory as a picture, which may be a pixel smaller.
Picture picture_of(const AVFrame& frame, Size size, ColorLook look) {
  Picture picture{size, {}, look.matrix, look.range, {}};
  for (std::size_t p = 0; p < 3; ++p) picture.planes[p] = {frame.data[p], frame.linesize[p]};
  return picture;
}

/// Repeats the last column and row of luma; chroma of an odd size covers the even one already.
void pad_to_even(const Picture& picture) {
  const Plane& luma = picture.planes[0];
  auto row = [&](int y) { return luma.data + static_cast<std::ptrdiff_t>(y) * luma.stride; };
  Size even = even_up(picture.size);
  if (even.width != picture.size.width) {
    for (int y = 0; y < picture.size.height; ++y) row(y)[picture.size.width] = row(y)[picture.size.width - 1];
  }
  if (even.height != picture.size.height) {
    std::memcpy(row(picture.size.height), row(picture.size.height - 1), static_cast<std::size_t>(even.width));
  }
}

bool is_planar_420(AVPixelFormat format) { return format == AV_PIX_FMT_YUV420P || format == AV_PIX_FMT_YUVJ420P; }

}  // namespace

Result<AVFrame*> Canvas::paint(const FrameResult& result, const CanvasFormat& wanted) {
  AVFrame* target = take(wanted);
  if (!target) return fail(ErrorCode::output_failed, "no memory for a picture of this size");
  const Picture& picture = result.frame.picture();
  bool fits = picture.size == wanted.size || even_up(picture.size) == wanted.size;
  if (fits && is_planar_420(wanted.format) && ColorLook{picture.matrix, picture.range} == wanted.look) {
    Picture copy = picture_of(*target, picture.size, wanted.look);
    draw_copy(result, copy);
    if (picture.size != wanted.size) pad_to_even(copy);
    return target;
  }
  // Boxes are in the pixels of this picture, so drawing comes before scaling.
  if (!scratch_ || scratch_.size() != picture.size) scratch_ = Frame::allocate(picture.size);
  Picture copy = scratch_.picture();
  copy.matrix = picture.matrix;
  copy.range = picture.range;
  draw_copy(result, copy);
  Image to = image_of(*target);
  to.look = wanted.look;
  if (auto ok = converter_.convert(image_of(copy), to); !ok) return fail(ErrorCode::output_failed, ok.error().message);
  return target;
}

std::size_t Canvas::bytes_held() const noexcept {
  std::size_t bytes = scratch_ ? scratch_.picture().bytes() : 0;
  for (const AvFrame& frame : frames_) {
    for (const AVBufferRef* buffer : frame->buf) bytes += buffer ? buffer->size : 0;
  }
  return bytes;
}

void Canvas::draw_copy(const FrameResult& result, const Picture& onto) const {
  copy_picture(result.frame.picture(), onto);
  if (draw_) draw_(onto, result);
}

AVFrame* Canvas::take(const CanvasFormat& wanted) {
  // An encoder that looks ahead still holds some of them; those are not writable.
  for (const AvFrame& frame : frames_) {
    bool same = frame->width == wanted.size.width && frame->height == wanted.size.height;
    if (same && frame->format == wanted.format && av_frame_is_writable(frame.get()) > 0) return frame.get();
  }
  AvFrame frame(av_frame_alloc());
  if (!frame) return nullptr;
  frame->format = wanted.format;
  frame->width = wanted.size.width;
  frame->height = wanted.size.height;
  frame->color_range = wanted.look.range == ColorRange::full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  frame->colorspace = is_planar_420(wanted.format) ? tag_of(wanted.look.matrix) : AVCOL_SPC_RGB;
  frame->sample_aspect_ratio = {wanted.aspect.width, wanted.aspect.height};
  if (av_frame_get_buffer(frame.get(), 0) < 0) return nullptr;
  // Only an encoder with frames of another kind in flight makes this grow; those have had their use.
  std::erase_if(frames_, [&](const AvFrame& old) {
    return old->width != wanted.size.width || old->height != wanted.size.height || old->format != wanted.format;
  });
  return frames_.emplace_back(std::move(frame)).get();
}

}  // namespace inflight::media
