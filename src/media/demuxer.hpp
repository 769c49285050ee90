// The packets of one video stream: a file, a URL or a camera, through libavformat.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "address.hpp"
#include "av_support.hpp"
#include "inflight/clock.hpp"
#include "inflight/result.hpp"
#include "picture_limit.hpp"
#include "pipe_input.hpp"

namespace inflight::media {

struct DemuxerOptions {
  // How long to wait for networks and devices; files do not keep anybody waiting.
  Duration opening{0};  ///< until its first pictures are there
  Duration silence{0};  ///< until the next packet; 0: for ever
  PictureLimit limit{};
  std::stop_token stop{};  ///< gives up opening
};

/// One thread reads; interrupt() may come from another.
class Demuxer {
 public:
  /// `spec`: a path, "scheme://…", "/dev/video0", or "-" for standard input.
  /// Errors: unreadable_input, one line that names `spec` and says what to try; cancelled.
  static Result<std::unique_ptr<Demuxer>> open(const std::string& spec, DemuxerOptions options);

  const AVStream& stream() const noexcept { return *input_->streams[stream_]; }
  /// For people: without a password.
  const std::string& name() const noexcept { return name_; }

  /// The next packet of the stream, possibly a damaged one. Returns 0, AVERROR_EOF, or why it ended early.
  int read(AVPacket& packet);
  /// read() has ended because nothing came for too long.
  bool stalled() const noexcept { return stalled_; }
  /// Back to the first packet. Returns 0 or why not.
  int rewind();

  void interrupt() noexcept {
    interrupted_ = true;
    if (pipe_) pipe_->interrupt();
  }
  bool interrupted() const noexcept { return interrupted_; }

  /// The shape of the pixels of `picture`, which the container may know better; 0/1 where nobody says it.
  AVRational pixel_aspect(AVFrame& picture) const noexcept {
    return av_guess_sample_aspect_ratio(input_.get(), input_->streams[stream_], &picture);
  }
  /// Nominal rate, 0 where the stream does not say.
  double frames_per_second() const noexcept;
  /// How many pictures the file's index promises to show; nothing where there is no complete index.
  std::optional<std::uint64_t> pictures() const;
  /// After read() ended with `code`: why that was too early. Nothing if the end is a proper one.
  std::optional<std::string> early_end(int code) const;
  /// Gives pictures as they happen: no beginning to return to, no end of its own, and some may be missing by nature.
  bool is_live() const noexcept { return live_; }

 private:
  Demuxer(const std::string& spec, DemuxerOptions options)
      : spec_(spec), name_(name_of(spec)), options_(std::move(options)) {}
  static int must_stop(void* self) noexcept;
  Result<void> open_input();
  Result<void> open_pipe();
  int open_format();
  int find_streams();
  Result<void> check_sizes() const;
  bool asks_too_much(const AVFormatContext& input) noexcept;
  int read_packet(AVPacket& packet);
  void await_by(Duration patience) noexcept;
  bool too_late() const noexcept;
  bool has_size() const noexcept;
  bool is_cut_file() const;
  Result<void> choose_stream();
  bool opening_stopped() const noexcept { return opening_ && options_.stop.stop_requested(); }
  bool has_index() const noexcept;
  bool is_cut_packet(const AVPacket& packet) const noexcept;
  Error unreadable(int code) const;

  const std::string spec_;
  const std::string name_;
  const DemuxerOptions options_;
  const bool remote_ = is_camera(spec_) || (is_url(spec_) && !spec_.starts_with("file://"));
  int camera_ = -1;  // its descriptor
  bool live_ = false;
  bool stalled_ = false;
  int asked_too_much_ = 0;       // a reason of ours to stop FFmpeg
  std::int64_t part_began_ = 0;  // bytes that had come by then
  int redirects_ = 0;
  const char* address_ = nullptr;       // FFmpeg's own; another one with each redirect
  AVFormatContext* in_work_ = nullptr;  // `input_`, from before it is open
  std::unique_ptr<PipeInput> pipe_;     // outlives `input_`, which reads it
  AvInput input_;
  int stream_ = 0;
  std::uint64_t packets_ = 0;  // since the last rewind
  bool cut_ = false;           // a packet's end was missing
  std::atomic<bool> opening_{true};
  std::atomic<bool> interrupted_{false};
  std::atomic<std::int64_t> give_up_at_ns_{0};  // steady clock; 0: never
};

}  // namespace inflight::media
