#include "encoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

extern "C" {
#include <libavutil/cpu.h>
}

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
  encoder.sample_aspect_ratio = {picture.aspect.width, picture.aspect.height};
  if (picture.format == AV_PIX_FMT_RGB24) return;
  encoder.color_range = picture.look.range == ColorRange::full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  encoder.colorspace = tag_of(picture.look.matrix);
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

constexpr int kReferences = 4;              // the picture being coded among them
constexpr int kLookahead = 10;              // x264's at this preset
constexpr int kReordered = 3;               // and so many pictures refer forwards
constexpr std::size_t kBytesPerPixel2 = 5;  // 2.5: 4:2:0, and luma again at a lower resolution

std::size_t bytes_per_picture(const EncoderSpec& spec) noexcept {
  Size size = spec.picture.size;
  return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * kBytesPerPixel2 / 2;
}

bool has_option(const AVCodec& codec, const char* name) noexcept {
  const AVClass* options = codec.priv_class;
  return options && av_opt_find(&options, name, nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ);
}

/// How many pictures an encoder is to have in work.
struct Plan {
  int ahead = 0;    ///< 0: none, and threads share one picture
  int threads = 1;  ///< 0: unknown, as the encoder likes
};

/// An encoder that looks ahead keeps dozens of pictures, which at 8192x8192 are gigabytes.
Plan plan_for(const EncoderSpec& spec) noexcept {
  constexpr int kFewest = 3;  // less foresight than that is worth nothing
  constexpr int kMostSlices = 4;
  int fit = static_cast<int>(std::min<std::size_t>(spec.max_bytes / bytes_per_picture(spec), 1000));
  Plan plan{std::min(fit * 2 / 5, kLookahead), spec.threads};
  if (plan.ahead < kFewest) plan.ahead = 0;
  if (spec.threads > 0) return plan;
  int usual = std::max(1, av_cpu_count() * 3 / 2);  // x264's choice
  plan.threads = std::min(usual, plan.ahead == 0 ? kMostSlices : std::max(1, fit / 3));
  return plan;
}

void follow(const Plan& plan, AVCodecContext& encoder) {
  encoder.thread_count = plan.threads;
  if (plan.ahead == kLookahead) return;
  if (plan.ahead > 0) {
    av_opt_set_int(encoder.priv_data, "rc-lookahead", plan.ahead, 0);
    return;
  }
  encoder.max_b_frames = 0;
  av_opt_set(encoder.priv_data, "tune", "zerolatency", 0);   // x264 and x265: nothing ahead, threads share a picture
  av_opt_set_int(encoder.priv_data, "lag-in-frames", 0, 0);  // VP8, VP9, AV1
}

}  // namespace

std::size_t bytes_kept(const EncoderSpec& spec) noexcept {
  constexpr int kLag = 25;  // libvpx's own
  Plan plan = plan_for(spec);
  int pictures = kReferences;
  if (plan.ahead > 0 && has_option(*spec.codec, "rc-lookahead")) pictures += plan.ahead + kReordered + plan.threads;
  if (plan.ahead > 0 && has_option(*spec.codec, "lag-in-frames")) pictures += kLag;
  return bytes_per_picture(spec) * static_cast<std::size_t>(pictures);
}

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
    follow(plan_for(spec), *encoder);
    if (spec.global_header) encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    code = avcodec_open2(encoder.get(), spec.codec, nullptr);
  }
  if (code >= 0) return encoder;
  return fail(ErrorCode::output_failed,
              fmt::format("the encoder {} cannot take {}x{}: {}", spec.codec->name, spec.picture.size.width,
                          spec.picture.size.height, av_error_text(code)));
}

}  // namespace inflight::media
