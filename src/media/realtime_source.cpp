#include "realtime_source.hpp"

#include <optional>

#include "interruptible_wait.hpp"

namespace inflight::media {
namespace {

class RealtimeSource final : public Source {
 public:
  RealtimeSource(std::unique_ptr<Source> source, Clock& clock)
      : source_(std::move(source)), clock_(clock), wait_(clock) {}

  const SourceInfo& info() const noexcept override { return source_->info(); }
  bool is_live() const noexcept override { return true; }
  void on_event(std::function<void(const SourceEvent&)> told) override { source_->on_event(std::move(told)); }

  void interrupt() noexcept override {
    wait_.interrupt();
    source_->interrupt();
  }

  Result<bool> read(Frame& frame) override {
    TimePoint began = clock_.now();
    Result<bool> more = source_->read(frame);
    // A frame that could not be read has its time too; the one after it is not to come any sooner.
    bool timed = more ? *more : more.error().code == ErrorCode::unreadable_frame;
    if (!timed) return more;
    Duration reading = clock_.now() - began;
    TimePoint due = due_at(frame.timestamp);
    frame.read_at = due - reading;
    if (!wait_.until(due)) return false;
    return more;
  }

 private:
  TimePoint due_at(Duration timestamp) {
    if (!origin_) origin_ = clock_.now() - timestamp;
    return *origin_ + timestamp;
  }

  const std::unique_ptr<Source> source_;
  Clock& clock_;
  InterruptibleWait wait_;
  std::optional<TimePoint> origin_;  ///< when the timestamp 0 was due
};

}  // namespace

std::unique_ptr<Source> at_own_pace(std::unique_ptr<Source> source, Clock& clock) {
  return std::make_unique<RealtimeSource>(std::move(source), clock);
}

}  // namespace inflight::media
