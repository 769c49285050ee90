// How a timeline falls into tracks.
#pragma once

#include <vector>

#include "inflight/timeline.hpp"

namespace inflight::report {

/// Rows of a track for spans that overlap. Asked in the order of their beginnings.
class TrackRows {
 public:
  /// The first row that is free from `begin`; it is taken until `end`.
  std::size_t place(Duration begin, Duration end);
  std::size_t count() const noexcept { return taken_until_.size(); }

 private:
  std::vector<Duration> taken_until_;
};

/// Requests that one device computed together.
struct Batch {
  std::uint32_t device = 0;
  int size = 1;
  std::uint64_t first = 0;  ///< the number of its first request
  Duration begin{0}, end{0};
};

/// All that held more than one request, by their beginnings: of each device, as many requests of one size in a row
/// as that size says, for those of a batch complete together.
std::vector<Batch> batches_of(const Timeline& timeline);

/// Indices of all requests, by the time they were submitted.
std::vector<std::uint32_t> by_submission(const Timeline& timeline);

}  // namespace inflight::report
