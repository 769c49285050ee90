// MULTI: all devices serve, each as much as it can.
#include "device_pool_model.hpp"

namespace inflight {
namespace {

/// When the device would be done with one more inference, in seconds, and what comes before that in the choice.
struct Load {
  bool failing;
  bool full;      // it has all that keeps it busy: more would only wait there
  bool measured;  // first come those of which one knows how long it takes
  double seconds;
};

Load load_with_one_more(const Member& member) noexcept {
  double more = member.in_flight + 1;
  int capacity = member.model->optimal_requests();
  double speed = member.pace.inferences_per_second();
  bool measured = !member.to_measure && speed > 0;
  return {member.failing, member.in_flight >= capacity, measured, more / (measured ? speed : capacity)};
}

bool is_less(const Load& a, const Load& b) noexcept {
  if (a.failing != b.failing) return b.failing;
  if (a.full != b.full) return b.full;
  if (a.measured != b.measured) return a.measured;
  return a.seconds < b.seconds;
}

std::size_t choose_least_loaded(const Members& members, MemberSet tried, std::size_t /*serving*/) noexcept {
  std::size_t best = kNoMember;
  Load least{};
  for (std::size_t m = 0; m < members.size(); ++m) {
    if (members[m].state != MemberState::usable || contains(tried, m)) continue;
    Load load = load_with_one_more(members[m]);
    if (best != kNoMember && !is_less(load, least)) continue;
    best = m;
    least = load;
  }
  return best;
}

}  // namespace

Result<std::shared_ptr<CompiledModel>> make_multi(std::vector<PoolCandidate> candidates,
                                                  const CompileOptions& options) {
  return make_pool(std::move(candidates), options, {"MULTI", false, choose_least_loaded});
}

}  // namespace inflight
