// In which order `inflight capacity` tries numbers of sources.
#pragma once

#include <optional>

namespace inflight::app {

/// Doubles the number of sources until they do not fit, then halves the gap.
class CapacitySearch {
 public:
  explicit CapacitySearch(int most) : most_(most) {}

  /// How many to try next; nullopt: it is known how many fit.
  std::optional<int> next() const;
  void note(int sources, bool fits) { (fits ? fits_ : too_many_) = sources; }

 private:
  int most_;
  int fits_ = 0;
  int too_many_ = 0;  ///< 0: none was yet
};

/// How many trials it takes to find that `fitting` sources fit.
int trials_to_find(int fitting, int most);

}  // namespace inflight::app
