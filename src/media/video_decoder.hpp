// Packets in, pictures out, in display order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "av_support.hpp"
#include "demuxer.hpp"

namespace inflight::media {

/// Decodes what a demuxer reads. Packets that cannot be decoded are counted and passed over, as players do.
class VideoDecoder {
 public:
  /// `threads`: 1 decodes in the calling thread, 0 uses as many as there are cores. Borrows `demuxer`.
  /// Errors: unreadable_input.
  static Result<std::unique_ptr<VideoDecoder>> open(Demuxer& demuxer, int threads);

  /// The next picture. False: none is left, end_code() says why.
  bool next(AVFrame& picture);
  /// After next() gave false and the demuxer was rewound: ready for another play.
  void restart();

  int end_code() const noexcept { return end_code_; }
  std::uint64_t undecodable() const noexcept { return undecodable_; }
  /// FFmpeg's text for the first packet that could not be decoded.
  std::string first_fault() const { return av_error_text(first_fault_); }

  /// When the decoding of this picture began: the moment that its packet was handed to the decoder.
  static TimePoint began(const AVFrame& picture) noexcept;

 private:
  VideoDecoder(Demuxer& demuxer, AvCodecContext codec);
  void feed();
  void mark_beginning() noexcept;
  void note_fault(int code) noexcept;

  Demuxer& demuxer_;
  AvCodecContext codec_;
  AvPacket packet_;
  int end_code_ = 0;
  std::uint64_t undecodable_ = 0;
  int first_fault_ = 0;
};

}  // namespace inflight::media
