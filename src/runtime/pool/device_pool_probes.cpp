// Inferences that a pool runs for itself, and the timers that lead to them.
#include <fmt/format.h>

#include <algorithm>

#include "device_pool.hpp"

namespace inflight {

// ---- measuring ----

void DevicePool::completed(std::size_t m, bool is_probe) {
  Member& member = members_[m];
  TimePoint now = clock_.now();
  member.failing = false;
  member.pace.completed(now);
  if (!comparison_) return;
  comparison_->completed(m, now, is_probe);
  if (comparison_->over()) conclude();
}

void DevicePool::conclude() {
  Comparison result = *std::exchange(comparison_, std::nullopt);
  std::size_t candidate = result.candidate().member;
  double speed = result.candidate_speed();
  members_[candidate].to_measure = false;
  members_[candidate].pace.set(speed);
  if (!policy_.one_serves) return tell("serving", candidate, fmt::format("{:.1f} inferences/s", speed), speed);

  double serving_speed = result.serving_speed();
  members_[serving_].pace.set(serving_speed);
  if (result.candidate_is_faster()) {
    auto why = fmt::format("{:.1f} inferences/s, {} {:.1f}", speed, device(serving_), serving_speed);
    return serve_with(candidate, why, speed);
  }
  auto why = fmt::format("goes on: {:.1f} inferences/s, {} {:.1f}", serving_speed, device(candidate), speed);
  tell("serving", serving_, why, serving_speed);
}

std::optional<std::size_t> DevicePool::next_to_measure() const {
  if (!may_measure_ || comparison_) return std::nullopt;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    const Member& member = members_[m];
    if (member.state == MemberState::usable && member.to_measure && !member.probes.empty()) return m;
  }
  return std::nullopt;
}

void DevicePool::begin_comparison() {
  std::optional<std::size_t> m = next_to_measure();
  if (!m) return;
  int width = members_[*m].probe_width;
  Comparison::Side candidate{*m, width, candidates_[*m].gathers ? width : 1};
  std::optional<Comparison::Side> serving;
  if (policy_.one_serves) serving = Comparison::Side{serving_, members_[serving_].probe_width, 1};
  bool shared = serving && members_[*m].shares && members_[serving_].shares;
  comparison_.emplace(candidate, serving, shared);
}

void DevicePool::give_up_measuring() {
  if (!comparison_) return;
  members_[comparison_->candidate().member].to_measure = false;
  comparison_.reset();
}

// ---- probes ----

std::optional<DevicePool::Probe> DevicePool::next_probe() {
  if (stopping_) return std::nullopt;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    Member& member = members_[m];
    if (!member.probe_due || member.idle_probes.empty()) continue;
    member.probe_due = false;
    member.asking = member.asked = true;
    member.asked_at = clock_.now();
    return take_probe(m, true);
  }
  begin_comparison();
  if (!comparison_) return std::nullopt;
  const Comparison::Side& target = comparison_->target();
  const Member& member = members_[target.member];
  if (member.in_flight >= target.width || member.idle_probes.empty()) return std::nullopt;
  return take_probe(target.member, false);
}

DevicePool::Probe DevicePool::take_probe(std::size_t m, bool decides_return) {
  Member& member = members_[m];
  Probe probe{m, member.idle_probes.back(), decides_return};
  member.idle_probes.pop_back();
  if (member.in_flight++ == 0) member.pace.begin(clock_.now());
  ++activities_;
  return probe;
}

void DevicePool::go_on() {
  changed_.notify_all();  // who waits for a first result to compile or to measure
  resume_waiting();
  start_probes();
  events_->deliver();
}

void DevicePool::start_probes() {
  while (true) {
    MutexLock lock(mutex_);
    std::optional<Probe> probe = next_probe();
    lock.unlock();
    if (!probe) return;
    start(*probe);
  }
}

void DevicePool::start(Probe probe) {
  auto done = [this, probe](const Outcome& outcome) { probe_ended(probe, outcome); };
  Result<void> started = probe.request->start(std::move(done));
  if (!started) probe_ended(probe, fail(std::move(started.error())));
}

void DevicePool::probe_ended(Probe probe, const Outcome& outcome) {
  {
    MutexLock lock(mutex_);
    Member& member = members_[probe.member];
    --member.in_flight;
    member.idle_probes.push_back(probe.request);
    if (!stopping_) {
      if (probe.decides_return) {
        judge_return(probe.member, outcome);
      } else if (outcome) {
        completed(probe.member, true);
      } else {
        give_up_measuring();  // else a device that cannot be taken out would be asked again and again
        failed(probe.member, outcome.error());
      }
    }
  }
  go_on();
  MutexLock lock(mutex_);
  --activities_;
  changed_.notify_all();  // under the lock: after it there may be no pool any more
}

void DevicePool::judge_return(std::size_t m, const Outcome& outcome) {
  members_[m].asking = false;
  if (outcome) return readmit(m);
  arrived(m);
  wait_out(m, outcome.error().message);
}

// ---- time ----

/// Not where it was asked before its time, on behalf of those who waited for it.
void DevicePool::let_return(std::size_t m) {
  Member& member = members_[m];
  member.probe_due |= member.state == MemberState::out && !member.asking && clock_.now() >= member.return_due;
}

void DevicePool::call_after(Duration delay, Action action, std::size_t m) {
  std::uint64_t key = ++timer_keys_;
  ++activities_;
  TimerId id = clock_.call_at(clock_.now() + delay, [this, key, action, m] { on_timer(key, action, m); });
  timers_.push_back({key, id});  // in time: the timer takes the lock first
}

void DevicePool::on_timer(std::uint64_t key, Action action, std::size_t m) {
  {
    MutexLock lock(mutex_);
    std::erase_if(timers_, [key](const Timer& timer) { return timer.key == key; });
    (this->*action)(m);
    changed_.notify_all();
  }
  go_on();
  MutexLock lock(mutex_);
  --activities_;
  changed_.notify_all();
}

}  // namespace inflight
