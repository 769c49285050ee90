// The packets of one video stream: a file, a URL or a camera, through libavformat.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "av_support.hpp"
#include "inflight/clock.hpp"
#include "inflight/result.hpp"

namespace inflight::media {

/// One thread reads; interrupt() may come from another.
class Demuxer {
 public:
  /// `spec`: a path, "scheme://…" or "/dev/video0". A URL that has not answered within `patience`, or when `stop`
  /// asks for it, is given up. Errors: unreadable_input, one line that names `spec` and says what to try; cancelled.
  static Result<std::unique_ptr<Demuxer>> open(const std::string& spec, Duration patience, std::stop_token stop = {});

  const AVStream& stream() const noexcept { return *input_->streams[stream_]; }
  const std::string& name() const noexcept { return spec_; }

  /// The next packet of the stream, possibly a damaged one. Returns 0, AVERROR_EOF, or why it ended early.
  int read(AVPacket& packet);
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
  /// Comes from a network or a device: no beginning to return to, and pictures may be missing by nature.
  bool is_live() const noexcept { return live_; }

 private:
  Demuxer(std::string spec, std::stop_token stop) : spec_(std::move(spec)), stop_opening_(std::move(stop)) {}
  static int must_stop(void* self) noexcept;
  Result<void> open_input(Duration patience);
  Result<void> choose_stream();
  bool opening_stopped() const noexcept { return opening_ && stop_opening_.stop_requested(); }
  bool has_index() const noexcept;
  bool is_cut_packet(const AVPacket& packet) const noexcept;
  Error unreadable(int code) const;

  const std::string spec_;
  const std::stop_token stop_opening_;
  bool live_ = false;
  AvInput input_;
  int stream_ = 0;
  std::uint64_t packets_ = 0;  // since the last rewind
  bool cut_ = false;           // a packet's end was missing
  std::atomic<bool> opening_{true};
  std::atomic<bool> interrupted_{false};
  std::atomic<std::int64_t> give_up_at_ns_{0};  // steady clock; 0: never
};

/// "scheme://…", which libavformat opens by itself.
bool is_url(const std::string& spec);

}  // namespace inflight::media
