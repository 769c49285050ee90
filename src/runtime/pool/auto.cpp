// AUTO: one device serves, the others stand by.
#include "device_pool_model.hpp"

namespace inflight {
namespace {

/// Healthy ones before failing ones, then the faster by what was measured, then by priority.
bool is_better(const Member& a, const Member& b) noexcept {
  if (a.failing != b.failing) return b.failing;
  return a.pace.inferences_per_second() > b.pace.inferences_per_second();
}

}  // namespace

std::size_t choose_one(const Members& members, MemberSet tried, std::size_t serving) noexcept {
  auto can_serve = [&](std::size_t m) { return members[m].state == MemberState::usable && !contains(tried, m); };
  if (serving != kNoMember && can_serve(serving)) return serving;
  std::size_t best = kNoMember;
  for (std::size_t m = 0; m < members.size(); ++m)
    if (can_serve(m) && (best == kNoMember || is_better(members[m], members[best]))) best = m;
  return best;
}

Result<std::shared_ptr<CompiledModel>> make_auto(std::vector<PoolCandidate> candidates, const CompileOptions& options) {
  if (options.hint == PerformanceHint::cumulative_throughput) return make_multi(std::move(candidates), options);
  return make_pool(std::move(candidates), options, {"AUTO", true, choose_one});
}

}  // namespace inflight
