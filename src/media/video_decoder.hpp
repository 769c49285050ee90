// Packets in, pictures out, in display order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "av_support.hpp"
#include "demuxer.hpp"
#include "picture_limit.hpp"

namespace inflight::media {

/// Decodes what a demuxer reads. Packets that cannot be decoded are counted and passed over, as players do.
class VideoDecoder {
 public:
  /// Larger pictures than `limit` cannot be decoded. `threads`: 1 decodes in the calling thread, 0 uses as many as
  /// there are cores. Borrows `demuxer`. Errors: unreadable_input.
  static Result<std::unique_ptr<VideoDecoder>> open(Demuxer& demuxer, PictureLimit limit, int threads);

  /// The next picture. False: none is left, end_code() says why.
  bool next(AVFrame& picture);
  /// After next() gave false and the demuxer was rewound: ready for another play.
  void restart();

  int end_code() const noexcept { return end_code_; }
  std::uint64_t undecodable() const noexcept { return undecodable_; }
  /// Why the first packet could not be decoded that could not.
  const std::string& first_fault() const noexcept { return first_fault_; }

  /// Is the picture of the last packet that came incomplete? So a file ends that is cut off and has no length.
  bool ends_damaged() const noexcept { return ends_damaged_; }

  /// When the decoding of this picture began: the moment that its packet was handed to the decoder.
  static TimePoint began(const AVFrame& picture) noexcept;

 private:
  VideoDecoder(Demuxer& demuxer, std::unique_ptr<PictureGuard> guard, AvCodecContext codec);
  void feed();
  void look_at(const AVFrame& picture) noexcept;
  void mark_beginning() noexcept;
  void note_fault(int code);

  Demuxer& demuxer_;
  std::unique_ptr<PictureGuard> guard_;  // the decoder asks it to its end
  AvCodecContext codec_;
  AvPacket packet_;
  int end_code_ = 0;
  TimePoint last_began_{};  // with its last packet
  bool ends_damaged_ = false;
  std::uint64_t undecodable_ = 0;
  std::string first_fault_;
};

}  // namespace inflight::media
