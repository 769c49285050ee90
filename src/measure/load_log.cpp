#include "load_log.hpp"

#include <algorithm>

namespace inflight {

void LoadLog::start(TimePoint now) {
  MutexLock lock(mutex_);
  start_ = last_ = now;
}

void LoadLog::answered(const Asked& asked, const Outcome& outcome, std::uint32_t lane, TimePoint now) {
  if (options_.recorder) {
    options_.recorder->request({.number = asked.number,
                                .intended = asked.due,
                                .submitted = asked.submitted,
                                .completed = now,
                                .lane = lane,
                                .device = outcome ? outcome->device : std::string_view("failed"),
                                .batch = outcome ? outcome->batch : 1,
                                .failed = !outcome});
  }
  MutexLock lock(mutex_);
  count(outcome);
  if (options_.arrivals != Arrivals::bursts) latency_.record(now - asked.due);
  last_ = std::max(last_, now);
  Window& window = windows_[window_of(asked.number, now)];
  ++window.count;
  window.latency_ms += to_ms(now - asked.due);
  window.last = now;
}

void LoadLog::count(const Outcome& outcome) {
  ++count_;
  if (!outcome) {
    if (failed_++ == 0) error_ = outcome.error().message;
    return;
  }
  batches_ += static_cast<std::uint64_t>(outcome->batch);
  auto known = devices_.find(outcome->device);
  if (known == devices_.end()) known = devices_.emplace(outcome->device, 0).first;
  ++known->second;
}

/// By how far the run has come as it was planned, in time and in number.
std::size_t LoadLog::window_of(std::uint64_t number, TimePoint now) const noexcept {
  double done = 1;
  if (options_.duration > Duration{0}) done = std::min(done, to_seconds(now - start_) / to_seconds(options_.duration));
  if (options_.iterations > 0)
    done = std::min(done, static_cast<double>(number) / static_cast<double>(options_.iterations));
  return std::min<std::size_t>(windows_.size() - 1,
                               static_cast<std::size_t>(done * static_cast<double>(windows_.size())));
}

void LoadLog::query_answered(Duration latency) {
  MutexLock lock(mutex_);
  latency_.record(latency);
}

void LoadLog::write_to(LoadSummary& summary) const {
  MutexLock lock(mutex_);
  summary.count = count_;
  summary.failed = failed_;
  summary.latency = latency_;
  summary.queries = latency_.count();
  summary.wall_s = to_seconds(last_ - start_);
  summary.error = error_;
  summary.devices = {devices_.begin(), devices_.end()};
  if (count_ > failed_) summary.mean_batch = static_cast<double>(batches_) / static_cast<double>(count_ - failed_);
  TimePoint begin = start_;
  for (const Window& window : windows_) {
    if (window.count == 0) continue;
    summary.windows.push_back(
        {window.count, to_seconds(window.last - begin), window.latency_ms / static_cast<double>(window.count)});
    begin = window.last;
  }
}

}  // namespace inflight
