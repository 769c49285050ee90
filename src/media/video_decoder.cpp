#include "video_decoder.hpp"

#include <fmt/format.h>

#include <new>

namespace inflight::media {
namespace {

/// As a plain number, which is all that FFmpeg carries along.
std::int64_t now_ns() { return TimePoint(std::chrono::steady_clock::now()).time_since_epoch().count(); }

Error cannot_decode(const Demuxer& demuxer, const std::string& why) {
  return {ErrorCode::unreadable_input,
          fmt::format("{}: its video ({}) cannot be decoded: {}; convert it to H.264", demuxer.name(),
                      avcodec_get_name(demuxer.stream().codecpar->codec_id), why)};
}

}  // namespace

VideoDecoder::VideoDecoder(Demuxer& demuxer, std::unique_ptr<PictureGuard> guard, AvCodecContext codec)
    : demuxer_(demuxer), guard_(std::move(guard)), codec_(std::move(codec)), packet_(av_packet_alloc()) {
  if (!packet_) throw std::bad_alloc();
}

Result<std::unique_ptr<VideoDecoder>> VideoDecoder::open(Demuxer& demuxer, PictureLimit limit, int threads) {
  const AVCodecParameters& parameters = *demuxer.stream().codecpar;
  const AVCodec* decoder = avcodec_find_decoder(parameters.codec_id);
  if (!decoder) return fail(cannot_decode(demuxer, "this FFmpeg has no decoder for it"));
  AvCodecContext codec(avcodec_alloc_context3(decoder));
  if (!codec) throw std::bad_alloc();
  int code = avcodec_parameters_to_context(codec.get(), &parameters);
  auto guard = std::make_unique<PictureGuard>(limit);
  guard->watch(*codec);
  codec->thread_count = threads;
  codec->pkt_timebase = demuxer.stream().time_base;
#if LIBAVCODEC_VERSION_MAJOR >= 60
  codec->flags |= AV_CODEC_FLAG_COPY_OPAQUE;
#endif
  if (code >= 0) code = avcodec_open2(codec.get(), decoder, nullptr);
  if (code < 0) return fail(cannot_decode(demuxer, av_error_text(code)));
  return std::unique_ptr<VideoDecoder>(new VideoDecoder(demuxer, std::move(guard), std::move(codec)));
}

bool VideoDecoder::next(AVFrame& picture) {
  for (;;) {
    int code = avcodec_receive_frame(codec_.get(), &picture);
    if (code >= 0) {
      look_at(picture);
      return true;
    }
    if (code == AVERROR_EOF) return false;
    if (code != AVERROR(EAGAIN)) {  // the decoder has thrown the damaged packet away; go on with the next
      note_fault(code);
    } else {
      feed();
    }
  }
}

void VideoDecoder::look_at(const AVFrame& picture) noexcept {
  if (began(picture) != last_began_) return;
  ends_damaged_ = picture.decode_error_flags != 0 || (picture.flags & AV_FRAME_FLAG_CORRUPT) != 0;
}

void VideoDecoder::feed() {
  int code = demuxer_.read(*packet_);  // waiting for a camera is not decoding: the time is taken after it
  if (code < 0) {
    end_code_ = code;
    avcodec_send_packet(codec_.get(), nullptr);  // now the decoder gives what it still holds back
    return;
  }
  mark_beginning();
  ends_damaged_ = false;
  if (code = avcodec_send_packet(codec_.get(), packet_.get()); code < 0) note_fault(code);
  av_packet_unref(packet_.get());
}

void VideoDecoder::restart() {
  avcodec_flush_buffers(codec_.get());
  end_code_ = 0;
}

void VideoDecoder::note_fault(int code) {
  if (undecodable_++ == 0) first_fault_ = guard_->take_refusal().value_or(av_error_text(code));
}

// FFmpeg carries a number of ours from each packet to its picture; how it does changed with version 6.
#if LIBAVCODEC_VERSION_MAJOR >= 60
void VideoDecoder::mark_beginning() noexcept {
  std::int64_t now = now_ns();
  packet_->opaque = reinterpret_cast<void*>(now);
  last_began_ = TimePoint(Duration(now));
}

TimePoint VideoDecoder::began(const AVFrame& picture) noexcept {
  return TimePoint(Duration(reinterpret_cast<std::int64_t>(picture.opaque)));
}
#else
void VideoDecoder::mark_beginning() noexcept {
  codec_->reordered_opaque = now_ns();
  last_began_ = TimePoint(Duration(codec_->reordered_opaque));
}

TimePoint VideoDecoder::began(const AVFrame& picture) noexcept { return TimePoint(Duration(picture.reordered_opaque)); }
#endif

}  // namespace inflight::media
