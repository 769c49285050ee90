// The sums by which the accounting of frames is checked.
#include <numeric>

#include "inflight/report.hpp"

namespace inflight {
namespace {

std::uint64_t total(const std::map<std::string, std::uint64_t>& by_reason) noexcept {
  return std::accumulate(by_reason.begin(), by_reason.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& entry) { return sum + entry.second; });
}

}  // namespace

std::uint64_t FrameCounts::total_dropped() const noexcept { return total(dropped); }
std::uint64_t FrameCounts::total_failed() const noexcept { return total(failed); }

}  // namespace inflight
