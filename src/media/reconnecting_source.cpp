#include "reconnecting_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "interruptible_wait.hpp"
#include "mutex.hpp"

namespace inflight::media {
namespace {

/// Since when a source gives nothing, and what was done about it. Kept until it gives a frame: a server that takes
/// connections and then has no picture is no better than one that refuses them.
struct Outage {
  TimePoint since;
  Duration backoff;
  int tries = 0;
};

/// `start` and `limit` are for the source, not for each of its connections.
SourceOptions for_another_opening(SourceOptions options, std::stop_token stop) {
  options.start = options.limit = 0;
  options.stop_opening = std::move(stop);
  return options;
}

class ReconnectingSource final : public Source {
 public:
  ReconnectingSource(std::unique_ptr<Source> first, OpenSource open, SourceOptions options, Clock& clock)
      : info_(first->info()),
        options_(std::move(options)),
        open_(std::move(open)),
        clock_(clock),
        wait_(clock),
        again_(for_another_opening(options_, stop_.get_token())),
        source_(std::move(first)) {
    listen_to(*source_);
  }

  const SourceInfo& info() const noexcept override { return info_; }
  bool is_live() const noexcept override { return true; }
  void on_event(std::function<void(const SourceEvent&)> told) override { told_ = std::move(told); }

  void interrupt() noexcept override INFLIGHT_EXCLUDES(mutex_) {
    wait_.interrupt();
    stop_.request_stop();
    MutexLock lock(mutex_);
    if (source_) source_->interrupt();
  }

  Result<bool> read(Frame& frame) override {
    while (!ended_ && !reached_limit() && !wait_.interrupted()) {
      Result<bool> more = source_->read(frame);
      bool timed = more ? *more : more.error().code == ErrorCode::unreadable_frame;
      if (timed) {
        count(frame);
        return more;
      }
      if (wait_.interrupted()) break;
      Result<bool> again = reconnect(more ? "the stream ended" : more.error().message);
      ended_ = !again || !*again;
      if (!again) return again;
    }
    ended_ = true;
    return false;
  }

 private:
  bool reached_limit() const noexcept { return options_.limit != 0 && given_ >= options_.limit; }

  /// The frame gets its place in what all connections gave.
  void count(Frame& frame) {
    if (outage_) {
      first_id_ = given_ ? last_id_ + options_.every : 0;
      // The time without pictures passed as well.
      first_time_ =
          given_ ? last_time_ + std::max(clock_.now() - last_at_, Duration(1)) - frame.timestamp : Duration(0);
      tell("source_reconnected", fmt::format("{}: it is back after {:.1f} s and {}", info_.name,
                                             to_seconds(clock_.now() - outage_->since), tries_text()));
      outage_.reset();
    }
    frame.id += first_id_;
    frame.timestamp += first_time_;
    last_id_ = frame.id;
    last_time_ = frame.timestamp;
    last_at_ = clock_.now();
    ++given_;
  }

  std::string tries_text() const { return fmt::format("{} {}", outage_->tries, outage_->tries == 1 ? "try" : "tries"); }

  /// `why` the connection is over. True: there is another. False: interrupted. Errors: it was tried often enough.
  Result<bool> reconnect(std::string why) {
    if (!outage_) begin_outage(why);
    replace_source(nullptr);  // first: most cameras let only so many look
    while (options_.reconnects < 0 || outage_->tries < options_.reconnects) {
      if (!wait_.until(clock_.now() + outage_->backoff)) return false;
      outage_->backoff = std::min(2 * outage_->backoff, options_.longest_backoff);
      ++outage_->tries;
      auto opened = open_(again_);
      if (wait_.interrupted()) return false;
      if (opened) {
        replace_source(std::move(*opened));
        return true;
      }
      why = std::move(opened.error().message);
    }
    return fail(ErrorCode::unreadable_input, given_up(why));
  }

  void begin_outage(const std::string& why) {
    outage_ = Outage{clock_.now(), std::min(options_.first_backoff, options_.longest_backoff), 0};
    if (!std::exchange(stalled_, false)) tell("source_lost", named("lost: ", why));
  }

  std::string given_up(const std::string& why) const {
    return fmt::format("{}; given up after {}, allow more reconnects to wait longer", named("", why), tries_text());
  }

  /// Errors of sources begin with their names already.
  std::string named(std::string_view what, const std::string& why) const {
    if (why.starts_with(info_.name)) return why;
    return fmt::format("{}: {}{}", info_.name, what, why);
  }

  void replace_source(std::unique_ptr<Source> source) INFLIGHT_EXCLUDES(mutex_) {
    if (source) listen_to(*source);
    {
      MutexLock lock(mutex_);
      source_.swap(source);
      if (source_ && wait_.interrupted()) source_->interrupt();
    }
    source.reset();  // closing may take a while, and nobody is to wait for that
  }

  /// A source that falls silent says so itself.
  void listen_to(Source& source) {
    source.on_event([this](const SourceEvent& event) {
      if (outage_) return;  // known already that it gives nothing
      stalled_ = event.kind == "source_stalled";
      if (told_) told_(event);
    });
  }

  void tell(std::string kind, std::string text) const {
    if (told_) told_({std::move(kind), std::move(text)});
  }

  // Constant after construction.
  const SourceInfo info_;
  const SourceOptions options_;
  const OpenSource open_;
  Clock& clock_;

  // With synchronisation of their own.
  InterruptibleWait wait_;
  std::stop_source stop_;
  const SourceOptions again_;

  // Only the reading thread changes it; it may therefore read it without the lock.
  Mutex mutex_;
  std::unique_ptr<Source> source_;

  // The reading thread's own.
  std::function<void(const SourceEvent&)> told_;
  std::optional<Outage> outage_;
  bool stalled_ = false;
  bool ended_ = false;
  std::uint64_t given_ = 0;
  std::uint64_t first_id_ = 0;  ///< what this connection's numbers begin with
  std::uint64_t last_id_ = 0;
  Duration first_time_{0};
  Duration last_time_{0};
  TimePoint last_at_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_reconnecting(OpenSource open, const SourceOptions& options, Clock& clock) {
  auto first = open(options);
  if (!first || !(*first)->is_live() || options.reconnects == 0) return first;
  return std::make_unique<ReconnectingSource>(std::move(*first), std::move(open), options, clock);
}

}  // namespace inflight::media
