// One device of a pool, and how a pool chooses between its devices.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "inflight/engine.hpp"

namespace inflight {

/// Members of a pool as bits.
using MemberSet = std::uint64_t;
inline constexpr std::size_t kMostMembers = std::numeric_limits<MemberSet>::digits;
inline constexpr std::size_t kNoMember = ~std::size_t{0};

inline MemberSet set_of(std::size_t member) noexcept { return MemberSet{1} << member; }
inline bool contains(MemberSet set, std::size_t member) noexcept { return (set & set_of(member)) != 0; }

/// Inferences per second of a device while it has something to do, over about the last 16.
class Pace {
 public:
  /// The device was idle until now.
  void begin(TimePoint now) noexcept { since_ = now; }

  void completed(TimePoint now) noexcept {
    constexpr double kMemory = 15.0 / 16.0;
    count_ = count_ * kMemory + 1;
    seconds_ = seconds_ * kMemory + to_seconds(now - since_);
    since_ = now;
  }

  /// What was measured better than by watching.
  void set(double inferences_per_second) noexcept {
    count_ = 1;
    seconds_ = 1 / inferences_per_second;
  }

  /// 0: not known yet.
  double inferences_per_second() const noexcept { return count_ > 0 ? count_ / seconds_ : 0; }

 private:
  double count_ = 0;
  double seconds_ = 0;
  TimePoint since_;
};

/// compiling ─► usable ◄──► out (failed; comes back when a probe succeeds)
///     │          ▼
///     └─────► refused (cannot be compiled, has other ports, or is a slower way to use the one device)
enum class MemberState : std::uint8_t { compiling, usable, out, refused };

/// All of it guarded by the pool's mutex.
struct Member {
  bool shares = false;  ///< computes on the CPU's cores, as others may, or on one device with them. Constant
  MemberState state = MemberState::compiling;
  bool may_compile = false;  ///< its head start is over, or it needs to give none
  std::shared_ptr<CompiledModel> model;
  Error problem;  ///< why it is refused or out

  // Requests that are compiled and idle. Those lent to pooled requests are theirs until given back.
  std::vector<std::unique_ptr<InferRequest>> stock;
  int created = 0;  ///< in stock and lent

  // Requests of the pool itself.
  std::vector<std::unique_ptr<InferRequest>> probes;
  std::vector<InferRequest*> idle_probes;
  int probe_width = 1;     ///< inferences that measuring keeps in flight
  bool to_measure = true;  ///< not measured since it was compiled or came back
  bool probe_due = false;  ///< its back-off is over, or requests wait for it

  // While it is compiled or out: whether it is worth waiting for.
  TimePoint return_due{};  ///< when its back-off ends
  bool asking = false;     ///< a probe that decides whether it comes back is on its way
  bool asked = false;      ///< such a probe has begun since it failed
  TimePoint asked_at = TimePoint::min();
  bool awaited = false;  ///< by requests, until `await_until` at most
  TimePoint await_until{};
  bool overdue = false;  ///< it did not come in that time: nobody waits for it any more

  int in_flight = 0;  ///< probes too
  Pace pace;
  bool failing = false;  ///< its last inference failed
  Duration back_off{0};
  TimePoint out_since;
  TimePoint back_since;  ///< when it was last re-admitted
};
using Members = std::vector<Member>;

/// Where a request has been: no member gets it a third time, else one that breaks every device would go round for ever.
struct Attempts {
  MemberSet tried = 0;  ///< not to be chosen
  MemberSet again = 0;  ///< those that came back for a second attempt
  int count = 0;
};

/// What AUTO and MULTI do differently.
struct PoolPolicy {
  const char* name;  ///< "AUTO"
  bool one_serves;   ///< else all usable members do
  /// The usable member outside `tried` that takes the next request; kNoMember if there is none. `serving` is
  /// meaningful where one serves.
  std::size_t (*choose)(const Members& members, MemberSet tried, std::size_t serving) noexcept;
  /// Members are ways to use one device, whose memory all take: a candidate that measures slower is let go.
  bool one_device = false;
};

/// AUTO's choice: the serving member while it is well, else the best by what was measured.
std::size_t choose_one(const Members& members, MemberSet tried, std::size_t serving) noexcept;

}  // namespace inflight
