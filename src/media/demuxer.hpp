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

namespace inflight::media {

/// How long to wait for networks and devices; files do not keep anybody waiting.
struct Patience {
  Duration opening;     ///< until its first pictures are there
  Duration silence{0};  ///< until the next packet; 0: for ever
};

/// One thread reads; interrupt() may come from another.
class Demuxer {
 public:
  /// `spec`: a path, "scheme://…" or "/dev/video0". A URL is given up when `patience` ends or `stop` asks for it.
  /// Errors: unreadable_input, one line that names `spec` and says what to try; cancelled.
  static Result<std::unique_ptr<Demuxer>> open(const std::string& spec, Patience patience, std::stop_token stop = {});

  const AVStream& stream() const noexcept { return *input_->streams[stream_]; }
  /// For people: without a password.
  const std::string& name() const noexcept { return name_; }

  /// The next packet of the stream, possibly a damaged one. Returns 0, AVERROR_EOF, or why it ended early.
  int read(AVPacket& packet);
  /// read() has ended because nothing came for too long.
  bool stalled() const noexcept { return stalled_; }
  /// Back to the first packet. Returns 0 or why not.
  int rewind();

  void interrupt() noexcept { interrupted_ = true; }
  bool interrupted() const noexcept { return interrupted_; }

  /// Nominal rate, 0 where the stream does not say.
  double frames_per_second() const noexcept;
  /// How many pictures the file's index promises to show; nothing where there is no complete index.
  std::optional<std::uint64_t> pictures() const;
  /// After read() ended with `code`: why that was too early. Nothing if the end is a proper one.
  std::optional<std::string> early_end(int code) const;
  /// Gives pictures as they happen: no beginning to return to, no end of its own, and some may be missing by nature.
  bool is_live() const noexcept { return live_; }

 private:
  Demuxer(const std::string& spec, Patience patience, std::stop_token stop)
      : spec_(spec), name_(redacted(spec)), patience_(patience), stop_opening_(std::move(stop)) {}
  static int must_stop(void* self) noexcept;
  Result<void> open_input();
  int open_format();
  int read_packet(AVPacket& packet);
  void await_by(Duration patience) noexcept;
  bool too_late() const noexcept;
  bool has_size() const noexcept;
  Result<void> choose_stream();
  bool opening_stopped() const noexcept { return opening_ && stop_opening_.stop_requested(); }
  bool has_index() const noexcept;
  bool is_cut_packet(const AVPacket& packet) const noexcept;
  Error unreadable(int code) const;

  const std::string spec_;
  const std::string name_;
  const Patience patience_;
  const std::stop_token stop_opening_;
  const bool remote_ = is_camera(spec_) || (is_url(spec_) && !spec_.starts_with("file://"));
  int camera_ = -1;  // its descriptor
  bool live_ = false;
  bool stalled_ = false;
  AvInput input_;
  int stream_ = 0;
  std::uint64_t packets_ = 0;  // since the last rewind
  bool cut_ = false;           // a packet's end was missing
  std::atomic<bool> opening_{true};
  std::atomic<bool> interrupted_{false};
  std::atomic<std::int64_t> give_up_at_ns_{0};  // steady clock; 0: never
};

}  // namespace inflight::media
