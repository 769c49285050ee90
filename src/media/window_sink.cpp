#include <fmt/format.h>

#include <cstdlib>
#include <new>

#include "canvas.hpp"
#include "inflight/media.hpp"

namespace inflight {
namespace media {
namespace {

/// A window of SDL's, through FFmpeg's output device for it. Opens with the first picture.
class WindowSink final : public Sink {
 public:
  WindowSink(AvOutput output, Draw draw, std::function<void()> closed)
      : output_(std::move(output)), canvas_(std::move(draw)), closed_(std::move(closed)), packet_(av_packet_alloc()) {
    if (!packet_) throw std::bad_alloc();
  }

  WindowSink(const WindowSink&) = delete;
  WindowSink& operator=(const WindowSink&) = delete;
  ~WindowSink() override { (void)finish(); }

  /// After the user has closed the window there is nothing to write to, and no error in that.
  Result<void> write(const FrameResult& result) override {
    if (gone_ || result.status != FrameStatus::emitted || !result.frame) return {};
    if (auto ready = prepare(result.frame); !ready) return ready;
    auto painted = canvas_.paint(result, format_);
    if (!painted) return fail(std::move(painted.error()));
    if (int code = pack(**painted); code < 0) return fail(failed(code));
    packet_->pts = packet_->dts = next_++;
    int code = av_write_frame(output_.get(), packet_.get());
    if (code == AVERROR(EIO)) return window_closed();  // how the device says so
    if (code < 0) return fail(failed(code));
    return {};
  }

  std::size_t bytes_held() const noexcept override { return canvas_.bytes_held(); }

  Result<void> finish() override {
    // Once the user has closed it, the device has cleaned up already.
    if (shown_ && !gone_) av_write_trailer(output_.get());  // takes the window away
    gone_ = true;
    return {};
  }

 private:
  /// Opens the window at the size of the first picture.
  Result<void> prepare(const Frame& first) {
    if (shown_) return {};
    format_ = {AV_PIX_FMT_YUV420P,
               even_up(first.size()),
               {first.picture().matrix, first.picture().range},
               first.picture().pixel_aspect};
    AVStream* stream = avformat_new_stream(output_.get(), nullptr);
    if (!stream) return fail(failed(AVERROR(ENOMEM)));
    stream->time_base = {1, 25};
    stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    stream->codecpar->codec_id = AV_CODEC_ID_RAWVIDEO;
    stream->codecpar->format = format_.format;
    stream->sample_aspect_ratio = {format_.aspect.width, format_.aspect.height};
    stream->codecpar->width = format_.size.width;
    stream->codecpar->height = format_.size.height;
    if (int code = avformat_write_header(output_.get(), nullptr); code < 0) return fail(failed(code));
    shown_ = true;
    return {};
  }

  /// The picture without padding, as raw video wants it. The packet keeps its memory.
  int pack(const AVFrame& picture) {
    int bytes = av_image_get_buffer_size(format_.format, picture.width, picture.height, 1);
    if (packet_->size != bytes) {
      av_packet_unref(packet_.get());
      if (int code = av_new_packet(packet_.get(), bytes); code < 0) return code;
    }
    return av_image_copy_to_buffer(packet_->data, bytes, picture.data, picture.linesize, format_.format, picture.width,
                                   picture.height, 1);
  }

  Result<void> window_closed() {
    gone_ = true;
    if (closed_) closed_();
    return {};
  }

  static Error failed(int code) {
    return {ErrorCode::output_failed, fmt::format("the window cannot be shown: {}", av_error_text(code))};
  }

  AvOutput output_;
  Canvas canvas_;
  std::function<void()> closed_;
  AvPacket packet_;
  CanvasFormat format_;
  std::int64_t next_ = 0;
  bool shown_ = false;
  bool gone_ = false;
};

/// SDL_VIDEODRIVER names drivers that need no display, such as "dummy" and "offscreen".
bool has_display() {
  return std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY") || std::getenv("SDL_VIDEODRIVER");
}

}  // namespace
}  // namespace media

Result<std::unique_ptr<Sink>> open_window_sink(const std::string& title, Draw draw, std::function<void()> closed) {
  media::start_ffmpeg();
  if (!media::has_display()) {
    return fail(ErrorCode::unwritable_output,
                "no window can be shown: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set); write a "
                "video file instead");
  }
  AVFormatContext* raw = nullptr;
  if (avformat_alloc_output_context2(&raw, nullptr, "sdl2", title.c_str()) < 0) {
    return fail(ErrorCode::unwritable_output,
                "no window can be shown: this FFmpeg was built without SDL; write a video file instead");
  }
  return std::make_unique<media::WindowSink>(media::AvOutput(raw), std::move(draw), std::move(closed));
}

}  // namespace inflight
