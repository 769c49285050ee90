// Opening FFmpeg's encoders, for videos and for single images.
#pragma once

#include <string>

#include "av_support.hpp"
#include "canvas.hpp"
#include "inflight/result.hpp"

namespace inflight::media {

struct EncoderSpec {
  const AVCodec* codec = nullptr;
  CanvasFormat picture;
  AVRational time_base{1, 25};
  AVRational frame_rate{25, 1};
  int threads = 1;                                 ///< 0: as many as the encoder likes
  bool global_header = false;                      ///< the container wants the codec's headers apart from the pictures
  std::size_t max_bytes = std::size_t{128} << 20;  ///< to keep; see VideoSinkOptions
};

/// Errors: output_failed, with the encoder's name.
Result<AvCodecContext> open_encoder(const EncoderSpec& spec);

/// What such an encoder keeps of pictures, in bytes: those that it looks ahead at, codes side by side, and refers to.
/// An estimate, for encoders do not tell.
std::size_t bytes_kept(const EncoderSpec& spec) noexcept;

/// Feeds `picture` (null: the end) and gives every packet that comes out to `use(AVPacket&) -> int`. Returns 0 or
/// FFmpeg's error. `use` may take the packet's content.
template <class Use>
int encode(AVCodecContext& encoder, const AVFrame* picture, AVPacket& packet, const Use& use) {
  int code = avcodec_send_frame(&encoder, picture);
  while (code >= 0) {
    code = avcodec_receive_packet(&encoder, &packet);
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return 0;
    if (code >= 0) code = use(packet);
    av_packet_unref(&packet);
  }
  return code;
}

/// The layout in which `codec` takes pictures: 4:2:0 as it is, or full range where it knows only that (JPEG), or
/// RGB (PNG). AV_PIX_FMT_NONE: none of those.
AVPixelFormat picture_format(const AVCodec& codec);

}  // namespace inflight::media
