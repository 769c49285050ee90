// Who serves, who is out, who comes back.
#include "device_pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace inflight {
namespace {

constexpr Duration kFirstBackOff = std::chrono::seconds(1);
constexpr Duration kLongestBackOff = std::chrono::seconds(60);

/// "ov" of all, or "ov+ort".
void add_name(std::string& names, const std::string& name) {
  if (names.empty()) {
    names = name;
  } else if (("+" + names + "+").find("+" + name + "+") == std::string::npos) {
    names += "+" + name;
  }
}

}  // namespace

// ---- what the pool is, seen as one model ----

MemberSet DevicePool::usable() const {
  MemberSet set = 0;
  for (std::size_t m = 0; m < members_.size(); ++m)
    if (members_[m].state == MemberState::usable) set |= set_of(m);
  return set;
}

MemberSet DevicePool::serving() const { return policy_.one_serves ? set_of(serving_) : usable(); }

std::vector<std::shared_ptr<CompiledModel>> DevicePool::models(MemberSet set) const {
  std::vector<std::shared_ptr<CompiledModel>> models;
  for (std::size_t m = 0; m < members_.size(); ++m)
    if (contains(set, m)) models.push_back(members_[m].model);
  return models;
}

RuntimeInfo DevicePool::runtime() const {
  MutexLock lock(mutex_);
  auto serve = models(serving());
  lock.unlock();
  RuntimeInfo all = serve.front()->runtime();
  for (std::size_t i = 1; i < serve.size(); ++i) {
    RuntimeInfo one = serve[i]->runtime();
    add_name(all.engine, one.engine);
    add_name(all.device, one.device);
    add_name(all.precision, one.precision);
    all.execution_streams += one.execution_streams;
  }
  return all;
}

int DevicePool::optimal_requests() const noexcept {
  MutexLock lock(mutex_);
  int sum = 0;
  for (std::size_t m = 0; m < members_.size(); ++m)
    if (contains(serving(), m)) sum += members_[m].model->optimal_requests();
  return std::max(sum, 1);
}

void DevicePool::flush() {
  MutexLock lock(mutex_);
  auto serve = models(usable());
  lock.unlock();
  for (auto& model : serve) model->flush();
}

// ---- requests ----

void DevicePool::add_user() {
  MutexLock lock(mutex_);
  ++users_;
  MemberSet set = usable();
  lock.unlock();
  for (std::size_t m = 0; m < candidates_.size(); ++m)
    if (contains(set, m)) (void)fill_stock(m);
}

void DevicePool::remove_user() {
  MutexLock lock(mutex_);
  --users_;
}

Result<void> DevicePool::fill_stock(std::size_t m) {
  MutexLock lock(mutex_);
  Member& member = members_[m];
  while (member.model && member.created < users_) {  // none: it was let go
    ++member.created;
    std::shared_ptr<CompiledModel> model = member.model;
    lock.unlock();
    Result<std::unique_ptr<InferRequest>> request = model->create_request();
    lock.lock();
    if (request) {
      member.stock.push_back(std::move(*request));
    } else {
      --member.created;
      return fail(std::move(request.error()));
    }
  }
  return {};
}

Result<std::unique_ptr<InferRequest>> DevicePool::borrow(std::size_t m) {
  MutexLock lock(mutex_);
  Member& member = members_[m];
  if (!member.stock.empty()) {
    auto request = std::move(member.stock.back());
    member.stock.pop_back();
    return request;
  }
  if (!member.model) return fail(ErrorCode::engine_failed, "it is not used any more");
  ++member.created;
  std::shared_ptr<CompiledModel> model = member.model;
  lock.unlock();
  Result<std::unique_ptr<InferRequest>> request = model->create_request();
  if (request) return request;
  lock.lock();
  --member.created;
  return request;
}

void DevicePool::give_back(std::size_t m, std::unique_ptr<InferRequest> request) noexcept {
  MutexLock lock(mutex_);
  members_[m].stock.push_back(std::move(request));
}

DevicePool::Route DevicePool::route(PooledRequest& request, Attempts& attempts, TimePoint now) {
  MutexLock lock(mutex_);
  std::size_t m = policy_.choose(members_, attempts.tried, serving_);
  if (m == kNoMember) return {kNoMember, await_member(request, attempts, now)};
  attempts.tried |= set_of(m);
  ++attempts.count;
  if (members_[m].in_flight++ == 0) members_[m].pace.begin(now);
  return {m, false};
}

std::size_t DevicePool::first_choice() const {
  MutexLock lock(mutex_);
  return policy_.choose(members_, 0, serving_);
}

void DevicePool::ended(std::size_t m, const Outcome& outcome) {
  MutexLock lock(mutex_);
  --members_[m].in_flight;
  if (outcome) {
    completed(m, false);
    has_result_ = true;  // who waits for that is told in go_on(): the user comes first
    may_measure_ = true;
  } else if (outcome.error().code != ErrorCode::cancelled) {
    failed(m, outcome.error());
  }
}

// ---- failing and coming back ----

void DevicePool::failed(std::size_t m, const Error& error) {
  Member& member = members_[m];
  if (member.state != MemberState::usable) return;
  bool known = std::exchange(member.failing, true);
  if ((usable() & ~set_of(m)) != 0) return take_out(m, error.message);
  if (!known) tell("failed", m, error.message + "; it stays in use, being the only one");
}

void DevicePool::take_out(std::size_t m, const std::string& why) {
  Member& member = members_[m];
  TimePoint now = clock_.now();
  // Who was well for long starts over; who fails again and again is asked less and less.
  bool was_well = now - member.back_since > kLongestBackOff;
  if (was_well) member.back_off = Duration{0};
  member.state = MemberState::out;
  member.out_since = now;
  member.asked = false;
  member.to_measure = true;
  if (comparison_ && comparison_->involves(m)) comparison_.reset();  // begins anew with whom there is
  wait_out(m, why);
  if (serving_ != m) return;
  serve_with(policy_.choose(members_, 0, kNoMember), fmt::format("takes over from {}, which failed", device(m)), {});
}

void DevicePool::wait_out(std::size_t m, const std::string& why) {
  Member& member = members_[m];
  member.back_off = std::clamp(2 * member.back_off, kFirstBackOff, kLongestBackOff);
  member.return_due = clock_.now() + member.back_off;
  tell("failed", m, fmt::format("{}; it is tried again in {:.0f} s", why, to_seconds(member.back_off)));
  call_after(member.back_off, &DevicePool::let_return, m);
}

void DevicePool::readmit(std::size_t m) {
  Member& member = members_[m];
  member.state = MemberState::usable;
  arrived(m);
  member.failing = false;
  member.back_since = clock_.now();
  tell("readmitted", m, fmt::format("answers again after {:.1f} s", to_seconds(member.back_since - member.out_since)));
  // Whoever was kept although it failed need not be any more.
  for (std::size_t other = 0; other < members_.size(); ++other)
    if (members_[other].state == MemberState::usable && members_[other].failing)
      take_out(other, fmt::format("it failed, and {} is back", device(m)));
}

void DevicePool::serve_with(std::size_t m, const std::string& why, std::optional<double> speed) {
  bool first = serving_ == kNoMember;
  serving_ = m;
  members_[m].to_measure = false;
  if (comparison_) comparison_.reset();
  tell(first ? "serving" : "switched", m, why, speed);
}

void DevicePool::tell(const char* kind, std::size_t m, std::string text, std::optional<double> speed) {
  events_->add({clock_.now(), kind, device(m), std::move(text), speed});
}

}  // namespace inflight
