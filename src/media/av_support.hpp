// Owners and words for FFmpeg's C types. The only header that includes FFmpeg's.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

namespace inflight::media {

/// Most of FFmpeg's free functions take the address of the pointer, to clear it.
template <auto Free>
struct FreeByAddress {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(&p);
  }
};

struct FreeScaler {
  void operator()(SwsContext* p) const noexcept { sws_freeContext(p); }
};

struct FreeOutput {
  void operator()(AVFormatContext* p) const noexcept {
    // Muxers that open no file themselves (a window) leave `pb` alone.
    if (p->oformat && !(p->oformat->flags & AVFMT_NOFILE)) avio_closep(&p->pb);
    avformat_free_context(p);
  }
};

using AvFrame = std::unique_ptr<AVFrame, FreeByAddress<av_frame_free>>;
using AvPacket = std::unique_ptr<AVPacket, FreeByAddress<av_packet_free>>;
using AvCodecContext = std::unique_ptr<AVCodecContext, FreeByAddress<avcodec_free_context>>;
using AvInput = std::unique_ptr<AVFormatContext, FreeByAddress<avformat_close_input>>;
using AvOutput = std::unique_ptr<AVFormatContext, FreeOutput>;
using AvScaler = std::unique_ptr<SwsContext, FreeScaler>;

/// What FFmpeg says about its error `code`, e.g. "No space left on device".
std::string av_error_text(int code);

/// Registers devices and the network, and silences FFmpeg's log (a library does not print) unless the
/// environment has INFLIGHT_FFMPEG_LOG. Both are global to the process and happen once. Thread-safe.
void start_ffmpeg();

}  // namespace inflight::media
