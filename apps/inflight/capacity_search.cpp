#include "capacity_search.hpp"

#include <algorithm>
#include <cstdint>

namespace inflight::app {

std::optional<int> CapacitySearch::next() const {
  if (too_many_ > 0) return too_many_ > fits_ + 1 ? std::optional(fits_ + (too_many_ - fits_) / 2) : std::nullopt;
  if (fits_ >= most_) return std::nullopt;
  const std::int64_t doubled = std::max<std::int64_t>(1, 2 * std::int64_t{fits_});
  return static_cast<int>(std::min<std::int64_t>(doubled, most_));
}

int trials_to_find(int fitting, int most) {
  CapacitySearch search(most);
  int trials = 0;
  for (; std::optional<int> sources = search.next(); ++trials) search.note(*sources, *sources <= fitting);
  return trials;
}

}  // namespace inflight::app
