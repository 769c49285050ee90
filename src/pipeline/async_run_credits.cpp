// How many frames may be on their way: see credit_control.hpp.
#include <algorithm>

#include "async_run.hpp"

namespace inflight {

/// At the least one frame for each request, and one in each of three hands: decoded, prepared, written. At the most as
/// many more that bursts of a decoder or a sink do not stop the device. Several sources share them; each has enough to
/// decode one while another waits. A source that drops is meant to be young rather than complete.
CreditControl::Bounds AsyncRun::bounds_of(const SourceSetup& setup, std::size_t sources) const {
  constexpr std::size_t kHands = 3, kAhead = 4, kBehind = 12, kLeast = 2, kMost = 4;
  if (parts_.options.max_frames > 0) {
    std::size_t each = std::max<std::size_t>(1, static_cast<std::size_t>(parts_.options.max_frames) / sources);
    return {each, each};
  }
  auto busy = static_cast<std::size_t>(requests_);
  bool drops = setup.overflow != OverflowPolicy::wait;
  auto share = [sources](std::size_t all, std::size_t least) {
    return sources == 1 ? all : std::max(least, (all + sources - 1) / sources);
  };
  return {share(busy + kHands, kLeast), share(busy + kAhead + (drops ? 0 : kBehind), kMost)};
}

/// Places for frames with a credit; and for more where the number of requests follows the model, where sources may
/// come and go, and for the results of dropped frames.
std::size_t AsyncRun::jobs_of(const SourceEntry& entry) const {
  constexpr std::size_t kRoomToGrow = 256;
  bool fixed = parts_.options.max_frames > 0 && entry.setup.overflow == OverflowPolicy::wait;
  if (fixed) return static_cast<std::size_t>(parts_.options.max_frames);
  return std::max(kRoomToGrow, bounds_of(entry.setup, 1).most);
}

/// The budget in equal parts among the sources there are, and of it to each what it is worth there.
void AsyncRun::share_out() {
  std::size_t sources = 0, credits = 0;
  for (const auto& lane : lanes_) sources += lane && lane->has_share() ? 1 : 0;
  for (auto& lane : lanes_) {
    if (!lane || lane->over) continue;
    CreditControl::Bounds bounds = bounds_of(lane->entry.setup, sources);
    lane->control.set_bounds({std::min(lane->most_jobs, bounds.least), std::min(lane->most_jobs, bounds.most)});
    lane->provide(std::min(lane->most_jobs, bounds.most), parts_.models);
    lane->credits.set_bounds({parts_.options.max_frame_bytes / sources, lane->control.credits()});
    credits += lane->control.credits();
  }
  if (credits > 0) count_credits(credits);
}

void AsyncRun::count_credits(std::size_t credits) {
  if (credits_.start == 0) credits_.start = credits;
  credits_.most = std::max(credits_.most, credits);
  credits_.end = credits;
}

/// For the source of a frame that is about to be given to the models.
void AsyncRun::look_at_credits(const Job& job) {
  if (parts_.options.max_frames > 0) return;
  Lane& lane = *job.lane;
  CreditControl::Signs signs;
  signs.now = clock_.now();
  signs.device_waited = device_waited_;
  signs.source_waited = Duration(lane.waited_for_credit.load(std::memory_order_relaxed));
  signs.waiting = decoded_.waiting(lane.id);
  signs.sinks_caught_up = lane.sinks_caught_up.exchange(false, std::memory_order_relaxed) ||
                          lane.in_sinks.load(std::memory_order_relaxed) == 0;
  MutexLock lock(mutex_);
  std::size_t before = lane.control.credits();
  if (!lane.control.next(signs)) return;
  ++(lane.control.credits() > before ? credits_.times_more : credits_.times_fewer);
  share_out();
}

}  // namespace inflight
