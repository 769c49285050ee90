#include "encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace inflight::media {
namespace {

constexpr const char* kQuality = "23";         // x264's own default: hardly visible losses
constexpr const char* kPreset = "veryfast";    // annotating must not take the cores that infer
constexpr double kSecondsBetweenKeys = 2;      // so that players can seek, and a cut file loses little
constexpr int kJpegQuantizer = 2;              // FFmpeg's best, of 2..31
constexpr std::int64_t kBitsPerPixel100 = 15;  // for encoders that know only a bit rate: 0.15 bits

/// Null where the encoder does not tell. FFmpeg 7.1 replaced the field by a function.
const AVPixelFormat* formats_of(const AVCodec& codec) {
#if LIBAVCODEC_VERSION_INT >= AV_VERSION_INT(61, 13, 100)
  const void* formats = nullptr;
  avcodec_get_supported_config(nullptr, &codec, AV_CODEC_CONFIG_PIX_FORMAT, 0, &formats, nullptr);
  return static_cast<const AVPixelFormat*>(formats);
#else
  return codec.pix_fmts;
#endif
}

// Players need the colours said: unsaid, they guess by size, and guess wrong for small BT.709 and large BT.601.
void describe_picture(AVCodecContext& encoder, const CanvasFormat& picture) {
  encoder.width = picture.size.width;
  encoder.height = picture.size.height;
  encoder.pix_fmt = picture.format;
  if (picture.format == AV_PIX_FMT_RGB24) return;
  encoder.color_range = picture.look.range == ColorRange::full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  encoder.colorspace = picture.look.matrix == ColorMatrix::bt709 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

void describe_rate(AVCodecContext& encoder, const EncoderSpec& spec) {
  double per_second = av_q2d(spec.frame_rate);
  encoder.time_base = spec.time_base;
  encoder.framerate = spec.frame_rate;
  encoder.gop_size = std::max(1, static_cast<int>(std::lround(per_second * kSecondsBetweenKeys)));
  auto pixels = static_cast<std::int64_t>(encoder.width) * encoder.height;
  encoder.bit_rate = static_cast<std::int64_t>(static_cast<double>(pixels * kBitsPerPixel100) * per_second / 100);
}

/// By quality where the encoder can, for a rate that suits one scene is wrong for the next.
void choose_quality(AVCodecContext& encoder, const AVCodec& codec) {
  if (std::strcmp(codec.name, "libx264") == 0) {
    encoder.bit_rate = 0;  // a rate would win over the quality
    av_opt_set(encoder.priv_data, "preset", kPreset, 0);
    av_opt_set(encoder.priv_data, "crf", kQuality, 0);
  } else if (codec.id == AV_CODEC_ID_MJPEG) {
    encoder.flags |= AV_CODEC_FLAG_QSCALE;
    encoder.global_quality = FF_QP2LAMBDA * kJpegQuantizer;
  }
}

}  // namespace

AVPixelFormat picture_format(const AVCodec& codec) {
  const AVPixelFormat* formats = formats_of(codec);
  if (!formats) return AV_PIX_FMT_YUV420P;  // it says nothing: opening it will tell
  // FFmpeg's JPEG encoder calls plain 4:2:0 unofficial; later versions list it nevertheless.
  std::array<AVPixelFormat, 3> wishes{AV_PIX_FMT_YUV420P, AV_PIX_FMT_YUVJ420P, AV_PIX_FMT_RGB24};
  if (codec.id == AV_CODEC_ID_MJPEG) std::swap(wishes[0], wishes[1]);
  for (AVPixelFormat wish : wishes) {
    for (const AVPixelFormat* f = formats; *f != AV_PIX_FMT_NONE; ++f) {
      if (*f == wish) return wish;
    }
  }
  return AV_PIX_FMT_NONE;
}

Result<AvCodecContext> open_encoder(const EncoderSpec& spec) {
  AvCodecContext encoder(avcodec_alloc_context3(spec.codec));
  int code = AVERROR(ENOMEM);
  if (encoder) {
    describe_picture(*encoder, spec.picture);
    describe_rate(*encoder, spec);
    choose_quality(*encoder, *spec.codec);
    encoder->thread_count = spec.threads;
    if (spec.global_header) encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    code = avcodec_open2(encoder.get(), spec.codec, nullptr);
  }
  if (code >= 0) return encoder;
  return fail(ErrorCode::output_failed,
              fmt::format("the encoder {} cannot take {}x{}: {}", spec.codec->name, spec.picture.size.width,
                          spec.picture.size.height, av_error_text(code)));
}

}  // namespace inflight::media
