#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <optional>
#include <system_error>

#include "canvas.hpp"
#include "encoder.hpp"
#include "inflight/media.hpp"
#include "output_file.hpp"

namespace inflight {
namespace media {
namespace {

namespace fs = std::filesystem;

constexpr int kFineTimeBase = 90000;   // what MPEG uses; whole for all common rates
constexpr int kMpeg4TimeBase = 60000;  // its headers have 16 bits for it
constexpr int kRatePrecision = 100000;

bool is_format(const AVOutputFormat& container, const char* name) { return std::strcmp(container.name, name) == 0; }

bool holds_fragments(const AVOutputFormat& container) {
  return is_format(container, "mp4") || is_format(container, "mov");
}

AVRational time_base_for(const AVOutputFormat& container, const AVCodec& codec, AVRational frame_rate) {
  // AVI and bare streams have no stamps, only a rate: at a finer base they would play at that one.
  bool stampless = is_format(container, "avi") || (container.flags & AVFMT_NOTIMESTAMPS);
  if (stampless) return av_inv_q(frame_rate);
  return {1, codec.id == AV_CODEC_ID_MPEG4 ? kMpeg4TimeBase : kFineTimeBase};
}

/// One video file. The encoder opens with the first picture, whose size decides.
class VideoSink final : public Sink {
 public:
  VideoSink(fs::path path, AvOutput output, const AVCodec& codec, const VideoSinkOptions& options)
      : path_(std::move(path)),
        name_(path_ == "-" ? "standard output" : path_.string()),
        output_(std::move(output)),
        codec_(codec),
        threads_(options.threads),
        max_bytes_(options.max_bytes),
        frame_rate_(av_d2q(options.frames_per_second, kRatePrecision)),
        canvas_(options.draw),
        packet_(av_packet_alloc()) {
    if (!packet_) throw std::bad_alloc();
  }

  VideoSink(const VideoSink&) = delete;
  VideoSink& operator=(const VideoSink&) = delete;
  ~VideoSink() override {
    if (output_) (void)finish();  // a caller that gave up still gets a file that plays
  }

  Result<void> write(const FrameResult& result) override {
    if (failure_) return fail(*failure_);
    if (result.status != FrameStatus::emitted || !result.frame) return {};
    Result<void> written = prepare(result.frame);
    if (written) written = encode_frame(result);
    if (!written) failure_ = written.error();
    return written;
  }

  std::size_t bytes_held() const noexcept override { return canvas_.bytes_held() + (encoder_ ? kept_by_encoder_ : 0); }

  Result<void> finish() override {
    if (!output_) return {};
    if (encoder_ && !failure_) {
      if (int code = push(nullptr); code < 0) failure_ = failed(code);
    }
    if (encoder_) note(av_write_trailer(output_.get()));  // also after a failure: what is there should play
    note(avio_closep(&output_->pb));
    output_.reset();
    if (!encoder_) remove_if_empty();
    return failure_ ? Result<void>(fail(*failure_)) : Result<void>();
  }

 private:
  Result<void> prepare(const Frame& first) {
    if (encoder_) return {};
    format_ = {picture_format(codec_),
               even_up(first.size()),
               {first.picture().matrix, first.picture().range},
               first.picture().pixel_aspect};
    if (format_.format == AV_PIX_FMT_YUVJ420P) format_.look.range = ColorRange::full;
    EncoderSpec spec{&codec_,     format_,  time_base_for(*output_->oformat, codec_, frame_rate_),
                     frame_rate_, threads_, (output_->oformat->flags & AVFMT_GLOBALHEADER) != 0,
                     max_bytes_};
    auto encoder = open_encoder(spec);
    if (!encoder) return fail(ErrorCode::output_failed, fmt::format("{}: {}", name_, encoder.error().message));
    if (int code = write_header(**encoder); code < 0) return fail(failed(code));
    encoder_ = std::move(*encoder);
    kept_by_encoder_ = bytes_kept(spec);
    tick_ = av_rescale_q_rnd(1, output_->streams[0]->time_base, encoder_->time_base, AV_ROUND_UP);
    start_ = first.timestamp;  // a video that begins in the middle of its source still begins at 0
    return {};
  }

  /// The container begins, now that the encoder has said what it writes.
  int write_header(const AVCodecContext& encoder) {
    AVStream* stream = avformat_new_stream(output_.get(), nullptr);
    if (!stream) return AVERROR(ENOMEM);
    stream->time_base = encoder.time_base;
    stream->avg_frame_rate = frame_rate_;
    stream->sample_aspect_ratio = encoder.sample_aspect_ratio;
    int code = avcodec_parameters_from_context(stream->codecpar, &encoder);
    AVDictionary* options = nullptr;
    // In fragments, an MP4 plays up to its last key frame even if the program is killed or the disk fills up.
    if (holds_fragments(*output_->oformat)) {
      av_dict_set(&options, "movflags", "frag_keyframe+delay_moov+default_base_moof", 0);
    }
    if (code >= 0) code = avformat_write_header(output_.get(), &options);
    av_dict_free(&options);
    return code;
  }

  Result<void> encode_frame(const FrameResult& result) {
    auto painted = canvas_.paint(result, format_);
    if (!painted) return fail(ErrorCode::output_failed, fmt::format("{}: {}", name_, painted.error().message));
    AVFrame* picture = *painted;
    picture->pict_type = AV_PICTURE_TYPE_NONE;
    picture->pts = stamp(result.frame.timestamp);
    if (int code = push(picture); code < 0) return fail(failed(code));
    return {};
  }

  /// Encoders refuse stamps that do not increase, and containers round them: to milliseconds in Matroska.
  std::int64_t stamp(Duration timestamp) {
    constexpr AVRational kNanosecond{1, 1'000'000'000};
    std::int64_t pts = av_rescale_q((timestamp - start_).count(), kNanosecond, encoder_->time_base);
    last_pts_ = last_pts_ ? std::max(pts, *last_pts_ + tick_) : pts;
    return *last_pts_;
  }

  /// One picture (null: the end) through encoder and container. Returns 0 or FFmpeg's error.
  int push(const AVFrame* picture) {
    return encode(*encoder_, picture, *packet_, [this](AVPacket& packet) { return mux(packet); });
  }

  int mux(AVPacket& packet) {
    AVStream& stream = *output_->streams[0];
    // Encoders that do not know leave the last picture with no time to be seen.
    if (packet.duration <= 0) packet.duration = av_rescale_q(1, av_inv_q(frame_rate_), encoder_->time_base);
    av_packet_rescale_ts(&packet, encoder_->time_base, stream.time_base);
    packet.stream_index = stream.index;
    return av_interleaved_write_frame(output_.get(), &packet);
  }

  /// The first failure is the one to tell; later ones follow from it.
  void note(int code) {
    if (code < 0 && !failure_) failure_ = failed(code);
  }

  Error failed(int code) const {
    const char* remedy = media::is_no_room(AVUNERROR(code)) ? "; make room, or write elsewhere" : "";
    return {ErrorCode::output_failed,
            fmt::format("{}: writing the video failed: {}{}", name_, av_error_text(code), remedy)};
  }

  /// Opening created the file, to see whether it can be written; a run without frames should leave no trace of that.
  void remove_if_empty() const {
    std::error_code ignored;
    if (path_ == "-") return;
    if (fs::is_regular_file(fs::symlink_status(path_, ignored)) && fs::file_size(path_, ignored) == 0) {
      fs::remove(path_, ignored);
    }
  }

  const fs::path path_;
  const std::string name_;  // for messages
  AvOutput output_;         // null once finished
  const AVCodec& codec_;
  const int threads_;
  const std::size_t max_bytes_;
  const AVRational frame_rate_;
  Canvas canvas_;
  AvPacket packet_;
  AvCodecContext encoder_;  // null until the first picture
  std::size_t kept_by_encoder_ = 0;
  CanvasFormat format_;
  Duration start_{0};
  std::int64_t tick_ = 1;  // the container's, in the encoder's time base
  std::optional<std::int64_t> last_pts_;
  std::optional<Error> failure_;
};

tl::unexpected<Error> unfit(const fs::path& path, std::string_view what) {
  return fail(ErrorCode::unwritable_output, fmt::format("{}: {}", path.string(), what));
}

bool takes(const AVOutputFormat& container, AVCodecID codec) {
  int known = avformat_query_codec(&container, codec, FF_COMPLIANCE_NORMAL);
  // The MPEG containers have no list, but hold both of ours.
  return known == 1 || (known < 0 && (is_format(container, "mpegts") || is_format(container, "mpeg")));
}

/// H.264 by x264 where the container takes it: it plays everywhere.
const AVCodec* default_encoder(const AVOutputFormat& container) {
  const AVCodec* x264 = avcodec_find_encoder_by_name("libx264");
  if (x264 && takes(container, AV_CODEC_ID_H264)) return x264;
  if (takes(container, AV_CODEC_ID_MPEG4)) return avcodec_find_encoder(AV_CODEC_ID_MPEG4);
  return avcodec_find_encoder(container.video_codec);  // WebM, Ogg, …: what they were made for
}

Result<const AVCodec*> choose_encoder(const fs::path& path, const AVOutputFormat& container, const std::string& name) {
  const AVCodec* codec = name.empty() ? default_encoder(container) : avcodec_find_encoder_by_name(name.c_str());
  if (!codec && !name.empty()) {
    return unfit(path, fmt::format("this FFmpeg has no encoder '{}'; see `ffmpeg -encoders`", name));
  }
  if (!codec) return unfit(path, "this FFmpeg has no encoder for such files; use .mp4 or .mkv");
  if (!name.empty() && avformat_query_codec(&container, codec->id, FF_COMPLIANCE_NORMAL) == 0) {
    return unfit(path, fmt::format("such a file cannot hold what {} writes; use .mkv", name));
  }
  if (codec->type != AVMEDIA_TYPE_VIDEO || picture_format(*codec) == AV_PIX_FMT_NONE) {
    return unfit(path, fmt::format("the encoder {} takes no YUV 4:2:0 pictures; choose another", codec->name));
  }
  return codec;
}

}  // namespace
}  // namespace media

Result<std::unique_ptr<Sink>> open_video_sink(const std::filesystem::path& path, const VideoSinkOptions& options) {
  media::start_ffmpeg();
  if (!(options.frames_per_second > 0)) {
    return fail(ErrorCode::invalid_argument, "a video needs frames_per_second above 0; 25 is usual");
  }
  const bool piped = path == "-";
  const AVOutputFormat* container =
      av_guess_format(piped ? "matroska" : nullptr, piped ? nullptr : path.c_str(), nullptr);
  // Audio files list PNG, for their covers.
  bool pictures = container && container->video_codec != AV_CODEC_ID_NONE && container->video_codec != AV_CODEC_ID_PNG;
  if (!pictures || (container->flags & AVFMT_NOFILE)) {
    return media::unfit(path, "no video format goes by this extension; use .mp4, .mkv, .avi or .ts");
  }
  auto codec = media::choose_encoder(path, *container, options.codec);
  if (!codec) return fail(std::move(codec.error()));
  AVFormatContext* raw = nullptr;
  std::string address = piped ? "pipe:1" : "file:" + path.string();  // so that a colon in the name is no protocol
  int code = avformat_alloc_output_context2(&raw, container, nullptr, address.c_str());
  media::AvOutput output(raw);
  if (code >= 0) code = avio_open(&output->pb, address.c_str(), AVIO_FLAG_WRITE);
  if (code < 0) return fail(media::unwritable(path, AVUNERROR(code)));
  output->flags |= AVFMT_FLAG_FLUSH_PACKETS;  // whoever watches the file sees it grow, and errors show early
  return std::make_unique<media::VideoSink>(path, std::move(output), **codec, options);
}

}  // namespace inflight
