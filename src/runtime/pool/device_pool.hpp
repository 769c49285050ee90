// The devices behind AUTO and MULTI: brought up side by side, measured, taken out when they fail, taken back.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "device_pool_comparison.hpp"
#include "device_pool_events.hpp"
#include "device_pool_member.hpp"
#include "mutex.hpp"
#include "virtual_device.hpp"
#include "worker.hpp"

namespace inflight {

class PooledRequest;

/// Compiling runs on a thread per member, since engines block there. All else happens where something completes:
/// on the engines' threads, the clock's and those that start requests. None of it blocks.
///
/// Members that compute on the CPU share its cores, so they compile one after the other: the next begins when the
/// one before has failed, or has delivered a first result, or after a second. Other devices begin at once. Requests for
/// probes are made after that first result, too.
///
/// A member is out after its first failure where another can serve; the last one stays whatever it does. After a
/// back-off of 1 s, doubled each time up to 60 s, a single inference decides whether it comes back.
///
/// A request that no usable member can serve waits while another is being compiled or asked whether it is back, which
/// is done at once then; for a minute at most, and for none that was awaited so long in vain.
///
/// Thread-safe. Outlives the requests it lends.
class DevicePool {
 public:
  DevicePool(std::vector<PoolCandidate> candidates, const CompileOptions& options, const PoolPolicy& policy);
  ~DevicePool();
  DevicePool(const DevicePool&) = delete;
  DevicePool& operator=(const DevicePool&) = delete;

  /// Until the first member is usable (one serves), or until all are or were refused. Errors: device_unusable or
  /// model_unusable, with the reason of every member. What is below may be called after success.
  Result<void> wait_until_ready() INFLIGHT_EXCLUDES(mutex_);

  const ModelInfo& info() const noexcept { return info_; }
  RuntimeInfo runtime() const INFLIGHT_EXCLUDES(mutex_);
  int optimal_requests() const noexcept INFLIGHT_EXCLUDES(mutex_);
  void flush() INFLIGHT_EXCLUDES(mutex_);
  Clock& clock() const noexcept { return clock_; }
  /// Its text is constant.
  const std::string& device(std::size_t member) const noexcept { return candidates_[member].device; }

  /// A pooled request comes or goes. Every usable member gets a request more, so that a change of devices finds it
  /// there; errors show when that one is asked for.
  void add_user() INFLIGHT_EXCLUDES(mutex_);
  void remove_user() INFLIGHT_EXCLUDES(mutex_);

  struct Route {
    std::size_t member = kNoMember;
    bool waits = false;
  };
  /// Chooses where the next inference runs and counts it in, until ended(). Without a member the request waits, to be
  /// resumed once by some go_on(), which the caller is to call too; or there is nothing to wait for.
  Route route(PooledRequest& request, Attempts& attempts, TimePoint now) INFLIGHT_EXCLUDES(mutex_);
  /// True: it waited, and will not be resumed.
  bool stop_waiting(const PooledRequest& request) INFLIGHT_EXCLUDES(mutex_);
  void ended(std::size_t member, const Outcome& outcome) INFLIGHT_EXCLUDES(mutex_);
  /// Where an inference would run now.
  std::size_t first_choice() const INFLIGHT_EXCLUDES(mutex_);
  /// Lets measurements and those who wait go on after ended(); of its own, so that the user's next request may go
  /// first.
  void go_on() INFLIGHT_EXCLUDES(mutex_);

  /// An idle request of that member, kept until it is given back.
  Result<std::unique_ptr<InferRequest>> borrow(std::size_t member) INFLIGHT_EXCLUDES(mutex_);
  void give_back(std::size_t member, std::unique_ptr<InferRequest> request) noexcept INFLIGHT_EXCLUDES(mutex_);

 private:
  struct Probe {
    std::size_t member;
    InferRequest* request;
    bool decides_return;  ///< of a member that is out
  };
  struct Timer {
    std::uint64_t key;
    TimerId id;
  };
  struct Waiting {
    PooledRequest* request;
    MemberSet tried;
  };

  // Bringing up (device_pool_startup.cpp).
  void bring_up(std::size_t m) INFLIGHT_EXCLUDES(mutex_);
  Result<std::shared_ptr<CompiledModel>> compile(std::size_t m) const;
  bool await_turn(std::size_t m) INFLIGHT_EXCLUDES(mutex_);
  bool await_measuring() INFLIGHT_EXCLUDES(mutex_);
  bool has_turn(std::size_t m) const INFLIGHT_REQUIRES(mutex_);
  void give_head_start(std::size_t m) INFLIGHT_REQUIRES(mutex_);
  CompileOptions options_for_members() const;
  Result<void> prepare(std::size_t m, std::shared_ptr<CompiledModel> model) INFLIGHT_EXCLUDES(mutex_);
  void make_probes(std::size_t m) INFLIGHT_EXCLUDES(mutex_);
  void let_go_if_slower(std::size_t m) INFLIGHT_EXCLUDES(mutex_);
  Result<void> fill_stock(std::size_t m) INFLIGHT_EXCLUDES(mutex_);
  Result<void> admit(std::size_t m, Duration took) INFLIGHT_EXCLUDES(mutex_);
  void refuse(std::size_t m, Error why) INFLIGHT_EXCLUDES(mutex_);
  Error all_problems() const INFLIGHT_REQUIRES(mutex_);
  bool is_ready() const INFLIGHT_REQUIRES(mutex_);

  // Members (device_pool.cpp).
  MemberSet usable() const INFLIGHT_REQUIRES(mutex_);
  MemberSet serving() const INFLIGHT_REQUIRES(mutex_);
  std::vector<std::shared_ptr<CompiledModel>> models(MemberSet set) const INFLIGHT_REQUIRES(mutex_);
  void failed(std::size_t m, const Error& error) INFLIGHT_REQUIRES(mutex_);
  void take_out(std::size_t m, const std::string& why) INFLIGHT_REQUIRES(mutex_);
  void wait_out(std::size_t m, const std::string& why) INFLIGHT_REQUIRES(mutex_);
  void readmit(std::size_t m) INFLIGHT_REQUIRES(mutex_);
  void serve_with(std::size_t m, const std::string& why, std::optional<double> speed) INFLIGHT_REQUIRES(mutex_);
  void tell(const char* kind, std::size_t m, std::string text, std::optional<double> speed = {})
      INFLIGHT_REQUIRES(mutex_);

  // Requests that no member can serve just now (device_pool_waiting.cpp).
  bool await_member(PooledRequest& request, Attempts& attempts, TimePoint now) INFLIGHT_REQUIRES(mutex_);
  void ask_at_once(TimePoint now) INFLIGHT_REQUIRES(mutex_);
  MemberSet on_their_way() const INFLIGHT_REQUIRES(mutex_);
  void await(std::size_t m, TimePoint now) INFLIGHT_REQUIRES(mutex_);
  void arrived(std::size_t m) INFLIGHT_REQUIRES(mutex_);
  void give_up_waiting(std::size_t m) INFLIGHT_REQUIRES(mutex_);
  void resume_waiting() INFLIGHT_EXCLUDES(mutex_);

  // Probes (device_pool_probes.cpp).
  void completed(std::size_t m, bool is_probe) INFLIGHT_REQUIRES(mutex_);
  void conclude() INFLIGHT_REQUIRES(mutex_);
  std::optional<std::size_t> next_to_measure() const INFLIGHT_REQUIRES(mutex_);
  void begin_comparison() INFLIGHT_REQUIRES(mutex_);
  void give_up_measuring() INFLIGHT_REQUIRES(mutex_);
  std::optional<Probe> next_probe() INFLIGHT_REQUIRES(mutex_);
  Probe take_probe(std::size_t m, bool decides_return) INFLIGHT_REQUIRES(mutex_);
  void start_probes() INFLIGHT_EXCLUDES(mutex_);
  void start(Probe probe) INFLIGHT_EXCLUDES(mutex_);
  void probe_ended(Probe probe, const Outcome& outcome) INFLIGHT_EXCLUDES(mutex_);
  void judge_return(std::size_t m, const Outcome& outcome) INFLIGHT_REQUIRES(mutex_);

  // Time (device_pool_probes.cpp).
  using Action = void (DevicePool::*)(std::size_t);
  void call_after(Duration delay, Action action, std::size_t m) INFLIGHT_REQUIRES(mutex_);
  void on_timer(std::uint64_t key, Action action, std::size_t m) INFLIGHT_EXCLUDES(mutex_);
  void let_compile(std::size_t m) INFLIGHT_REQUIRES(mutex_) { members_[m].may_compile = true; }
  void let_measure(std::size_t) INFLIGHT_REQUIRES(mutex_) { may_measure_ = true; }
  void let_return(std::size_t m) INFLIGHT_REQUIRES(mutex_);

  const PoolPolicy policy_;
  const CompileOptions options_;
  Clock& clock_;
  const std::vector<PoolCandidate> candidates_;
  const std::shared_ptr<PoolEvents> events_;  // shared with what members compile, which tell their own
  ModelInfo info_;                            // written once, by the first member that is ready

  mutable Mutex mutex_;
  CondVar changed_;  // for those who wait to compile, for a first device, or for the end
  Members members_ INFLIGHT_GUARDED_BY(mutex_);
  std::size_t serving_ INFLIGHT_GUARDED_BY(mutex_) = kNoMember;  // where one serves
  bool has_info_ INFLIGHT_GUARDED_BY(mutex_) = false;
  bool has_result_ INFLIGHT_GUARDED_BY(mutex_) = false;   // some request was answered
  bool may_measure_ INFLIGHT_GUARDED_BY(mutex_) = false;  // the first result must not wait for probes
  bool stopping_ INFLIGHT_GUARDED_BY(mutex_) = false;
  int users_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  int activities_ INFLIGHT_GUARDED_BY(mutex_) = 0;  // timers and probes that are yet to come back to this object
  std::optional<Comparison> comparison_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<Waiting> waiting_ INFLIGHT_GUARDED_BY(mutex_);  // each request once at most
  std::vector<Timer> timers_ INFLIGHT_GUARDED_BY(mutex_);
  std::uint64_t timer_keys_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::vector<Worker> workers_;  // last: joined before what they use goes
};

}  // namespace inflight
