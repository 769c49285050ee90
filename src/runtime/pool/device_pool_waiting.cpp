// Requests that wait for a member which is coming up or on its way back.
#include <algorithm>
#include <utility>

#include "device_pool.hpp"
#include "device_pool_request.hpp"

namespace inflight {
namespace {

/// Longer than most models compile; requests that fail tell more than a run that stands still.
constexpr Duration kLongestWait = std::chrono::seconds(60);
/// Who fails again and again is not asked each time somebody waits.
constexpr Duration kBetweenQuestions = std::chrono::seconds(1);

}  // namespace

bool DevicePool::await_member(PooledRequest& request, Attempts& attempts, TimePoint now) {
  ask_at_once(now);
  MemberSet worth = on_their_way() & ~(attempts.tried & attempts.again);
  if (worth == 0) return false;
  attempts.again |= worth & attempts.tried;
  attempts.tried &= ~worth;
  for (std::size_t m = 0; m < members_.size(); ++m)
    if (contains(worth, m)) await(m, now);
  waiting_.push_back({&request, attempts.tried});
  return true;
}

/// A device that failed a moment ago may be back already: a process that was started again, a driver that recovered.
void DevicePool::ask_at_once(TimePoint now) {
  for (Member& member : members_) {
    if (member.state != MemberState::out || member.asked || member.probes.empty()) continue;
    bool lately = member.asked_at != TimePoint::min() && now - member.asked_at < kBetweenQuestions;
    if (!lately) member.probe_due = true;
  }
}

MemberSet DevicePool::on_their_way() const {
  MemberSet set = 0;
  for (std::size_t m = 0; m < members_.size(); ++m) {
    const Member& member = members_[m];
    bool asked = member.state == MemberState::out && (member.asking || member.probe_due);
    bool comes = member.state == MemberState::compiling || asked;
    if (comes && !member.overdue) set |= set_of(m);
  }
  return set;
}

void DevicePool::await(std::size_t m, TimePoint now) {
  Member& member = members_[m];
  if (std::exchange(member.awaited, true)) return;
  member.await_until = now + kLongestWait;
  call_after(kLongestWait, &DevicePool::give_up_waiting, m);
}

void DevicePool::arrived(std::size_t m) { members_[m].awaited = members_[m].overdue = false; }

void DevicePool::give_up_waiting(std::size_t m) {
  Member& member = members_[m];
  member.overdue |= member.awaited && clock_.now() >= member.await_until;  // else it came, and is awaited once more
}

bool DevicePool::stop_waiting(const PooledRequest& request) {
  MutexLock lock(mutex_);
  return std::erase_if(waiting_, [&](const Waiting& one) { return one.request == &request; }) > 0;
}

void DevicePool::resume_waiting() {
  std::vector<PooledRequest*> ready;
  {
    MutexLock lock(mutex_);
    MemberSet coming = on_their_way();
    std::erase_if(waiting_, [&](const Waiting& one) INFLIGHT_REQUIRES(mutex_) {
      bool waits = (coming & ~one.tried) != 0 && policy_.choose(members_, one.tried, serving_) == kNoMember;
      if (!waits) ready.push_back(one.request);
      return !waits;
    });
  }
  for (PooledRequest* request : ready) request->resume();
}

}  // namespace inflight
