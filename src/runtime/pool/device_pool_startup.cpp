// How members of a pool come up.
#include <fmt/format.h>

#include <algorithm>

#include "device_pool.hpp"
#include "device_string.hpp"

namespace inflight {
namespace {

constexpr Duration kHeadStart = std::chrono::seconds(1);
constexpr int kWidestProbe = 32;
constexpr int kWidestGathering = 64;  // what gathers is idle until a batch is full

bool is_on_host(const DeviceSpec& spec) {
  if (spec.kind == DeviceSpec::Kind::plain) return spec.name == "CPU" || spec.name.ends_with(":CPU");
  return std::ranges::any_of(spec.members, [](const DeviceSpec& member) { return is_on_host(member); });
}

Members to_members(const std::vector<PoolCandidate>& candidates, bool one_device) {
  Members members(candidates.size());
  for (std::size_t m = 0; m < members.size(); ++m) {
    Result<DeviceSpec> spec = parse_device(candidates[m].device);
    members[m].shares = one_device || (spec && is_on_host(*spec));
  }
  return members;
}

/// Empty if requests made for one fit the other. Names do not matter: engines give their own.
std::string difference(const char* what, const std::vector<Port>& mine, const std::vector<Port>& theirs) {
  if (mine.size() != theirs.size()) return fmt::format("{} {}s, not {}", mine.size(), what, theirs.size());
  for (std::size_t i = 0; i < mine.size(); ++i) {
    if (mine[i].type == theirs[i].type && mine[i].shape == theirs[i].shape) continue;
    return fmt::format("{} {} is {}{}, not {}{}", what, i, to_string(mine[i].type), to_string(mine[i].shape),
                       to_string(theirs[i].type), to_string(theirs[i].shape));
  }
  return "";
}

/// Inferences that keep the device busy without a queue in front of it.
int probe_width(const CompiledModel& model, PerformanceHint hint, bool gathers) {
  if (hint == PerformanceHint::latency) return 1;
  if (gathers) return std::clamp(model.optimal_requests(), 1, kWidestGathering);
  int half = (model.optimal_requests() + 1) / 2;
  return std::clamp(std::max(half, model.runtime().execution_streams), 1, kWidestProbe);
}

/// Chance contents may be slow to compute with (denormal numbers).
void zero_inputs(InferRequest& request, std::size_t ports) {
  for (std::size_t port = 0; port < ports; ++port) {
    Result<TensorView> input = request.input(port);
    if (input) std::ranges::fill(input->as_bytes(), std::byte{0});
  }
}

}  // namespace

DevicePool::DevicePool(std::vector<PoolCandidate> candidates, const CompileOptions& options, const PoolPolicy& policy)
    : policy_(policy),
      options_(options),
      clock_(options.clock ? *options.clock : steady_clock()),
      candidates_(std::move(candidates)),
      events_(std::make_shared<PoolEvents>(options.on_event)),
      members_(to_members(candidates_, policy.one_device)) {
  for (std::size_t m = 0; m < candidates_.size(); ++m) {
    Result<Worker> worker = Worker::start(fmt::format("compile-{}", m), [this, m] { bring_up(m); });
    if (worker)
      workers_.push_back(std::move(*worker));
    else
      refuse(m, std::move(worker.error()));
  }
}

DevicePool::~DevicePool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  workers_.clear();  // what compiles cannot be given up: this waits for it
  MutexLock lock(mutex_);
  for (const Timer& timer : timers_)
    if (clock_.cancel(timer.id)) --activities_;
  for (Member& member : members_)
    for (auto& probe : member.probes) probe->cancel();
  while (activities_ > 0) changed_.wait(lock);
}

Result<void> DevicePool::wait_until_ready() {
  MutexLock lock(mutex_);
  while (!is_ready()) changed_.wait(lock);
  bool serves = usable() != 0;
  Error problems = serves ? Error{} : all_problems();
  lock.unlock();
  events_->settle();
  if (!serves) return fail(std::move(problems));
  return {};
}

bool DevicePool::is_ready() const {
  if (policy_.one_serves && usable() != 0) return true;
  return std::ranges::none_of(members_, [](const Member& m) { return m.state == MemberState::compiling; });
}

Error DevicePool::all_problems() const {
  Error all{ErrorCode::model_unusable, fmt::format("{} has no device that can run the model", policy_.name)};
  const char* separator = ": ";
  for (std::size_t m = 0; m < members_.size(); ++m) {
    const Error& problem = members_[m].problem;
    all.message += fmt::format("{}{}: {}", std::exchange(separator, "; "), device(m), problem.message);
    if (problem.code != ErrorCode::model_unusable) all.code = ErrorCode::device_unusable;
  }
  return all;
}

void DevicePool::bring_up(std::size_t m) {
  if (!await_turn(m)) return;
  events_->deliver();
  TimePoint began = clock_.now();
  Result<std::shared_ptr<CompiledModel>> model = compile(m);
  Duration took = clock_.now() - began;
  Result<void> admitted = model ? prepare(m, std::move(*model)) : fail(std::move(model.error()));
  if (admitted) admitted = admit(m, took);
  if (!admitted) refuse(m, std::move(admitted.error()));
  events_->deliver();
  // Alone it is compared with nothing, and never out.
  if (admitted && candidates_.size() > 1 && await_measuring()) make_probes(m);
  go_on();
  if (admitted && policy_.one_device) let_go_if_slower(m);
}

/// A candidate may be anybody's function, and an exception would end the process with this thread.
Result<std::shared_ptr<CompiledModel>> DevicePool::compile(std::size_t m) const {
  try {
    return candidates_[m].compile(options_for_members());
  } catch (const std::exception& error) {
    return fail(ErrorCode::device_unusable, error.what());
  }
}

/// Requests for probes take memory and time that the first result should not wait for.
bool DevicePool::await_measuring() {
  MutexLock lock(mutex_);
  while (!stopping_ && !may_measure_) changed_.wait(lock);
  return !stopping_;
}

bool DevicePool::await_turn(std::size_t m) {
  MutexLock lock(mutex_);
  while (!stopping_ && !has_turn(m)) changed_.wait(lock);
  if (stopping_) return false;
  tell("compiling", m, "is being compiled");
  give_head_start(m);
  return true;
}

bool DevicePool::has_turn(std::size_t m) const {
  if (!policy_.one_serves || !members_[m].shares || members_[m].may_compile) return true;
  // The last one before it that competes for the same cores.
  for (std::size_t before = m; before-- > 0;) {
    const Member& other = members_[before];
    if (!other.shares) continue;
    bool began = has_result_ || other.failing;
    return other.state == MemberState::refused || (other.state != MemberState::compiling && began);
  }
  return true;
}

void DevicePool::give_head_start(std::size_t m) {
  if (!policy_.one_serves || !members_[m].shares) return;
  for (std::size_t next = m + 1; next < members_.size(); ++next)
    if (members_[next].shares) return call_after(kHeadStart, &DevicePool::let_compile, next);
}

CompileOptions DevicePool::options_for_members() const {
  CompileOptions options = options_;
  // What is a way to share requests here is throughput for each of the devices.
  if (options.hint == PerformanceHint::cumulative_throughput) options.hint = PerformanceHint::throughput;
  // Through the pool's own log, so that there is one call at a time also where members are pools.
  options.on_event = [events = events_](const DeviceEvent& event) {
    events->add(event);
    events->deliver();
  };
  return options;
}

Result<void> DevicePool::prepare(std::size_t m, std::shared_ptr<CompiledModel> model) {
  int width = probe_width(*model, options_.hint, candidates_[m].gathers);
  {
    MutexLock lock(mutex_);
    members_[m].model = std::move(model);
    members_[m].probe_width = width;
  }
  return fill_stock(m);  // before the first request comes its way
}

void DevicePool::make_probes(std::size_t m) {
  MutexLock lock(mutex_);
  auto width = static_cast<std::size_t>(members_[m].probe_width);
  std::shared_ptr<CompiledModel> model = members_[m].model;
  lock.unlock();
  std::vector<std::unique_ptr<InferRequest>> probes;
  while (probes.size() < width) {
    Result<std::unique_ptr<InferRequest>> probe = model->create_request();
    if (!probe) break;  // then it is measured with fewer; without any it serves only in need
    zero_inputs(**probe, model->info().inputs.size());
    probes.push_back(std::move(*probe));
  }
  lock.lock();
  members_[m].probe_width = std::max(1, static_cast<int>(probes.size()));
  for (auto& probe : probes) members_[m].idle_probes.push_back(probe.get());
  members_[m].probes = std::move(probes);
}

Result<void> DevicePool::admit(std::size_t m, Duration took) {
  MutexLock lock(mutex_);
  Member& member = members_[m];
  const ModelInfo& info = member.model->info();
  if (!std::exchange(has_info_, true)) info_ = info;
  std::string different = difference("input", info.inputs, info_.inputs);
  if (different.empty()) different = difference("output", info.outputs, info_.outputs);
  if (!different.empty())
    return fail(ErrorCode::device_unusable, "its ports differ from those of the first device: " + different);

  if (usable() == 0) call_after(kHeadStart, &DevicePool::let_measure, m);
  member.state = MemberState::usable;
  arrived(m);
  tell("ready", m, fmt::format("compiled in {:.0f} ms", to_ms(took)));
  if (policy_.one_serves && serving_ == kNoMember) serve_with(m, "is the first that is ready", {});
  changed_.notify_all();
  return {};
}

void DevicePool::let_go_if_slower(std::size_t m) {
  std::vector<std::unique_ptr<InferRequest>> stock, probes;
  MutexLock lock(mutex_);
  Member& member = members_[m];
  while (!stopping_ && (member.to_measure || member.in_flight > 0)) changed_.wait(lock);
  bool used = serving_ == m || member.created > static_cast<int>(member.stock.size());
  if (stopping_ || used || member.state != MemberState::usable) return;
  member.state = MemberState::refused;
  member.problem = {ErrorCode::device_unusable, "it measured slower"};
  stock.swap(member.stock);
  probes.swap(member.probes);
  member.idle_probes.clear();
  std::shared_ptr<CompiledModel> model = std::move(member.model);
  lock.unlock();  // before they go
}

void DevicePool::refuse(std::size_t m, Error why) {
  MutexLock lock(mutex_);
  members_[m].state = MemberState::refused;
  arrived(m);
  tell("failed", m, why.message);
  members_[m].problem = std::move(why);
  changed_.notify_all();
}

}  // namespace inflight
