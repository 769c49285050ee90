#include "tracks.hpp"

#include <algorithm>
#include <numeric>

namespace inflight::report {

std::size_t TrackRows::place(Duration begin, Duration end) {
  const auto free = std::ranges::find_if(taken_until_, [begin](Duration until) { return until <= begin; });
  const auto row = static_cast<std::size_t>(free - taken_until_.begin());
  if (free == taken_until_.end()) taken_until_.push_back(end);
  taken_until_[row] = end;
  return row;
}

std::vector<Batch> batches_of(const Timeline& timeline) {
  struct Open {
    Batch batch;
    int members = 0;
  };
  std::vector<Open> open(timeline.devices.size());
  std::vector<Batch> batches;
  const auto close = [&batches](Open& of_device) {
    if (of_device.members > 0 && of_device.batch.size > 1) batches.push_back(of_device.batch);
    of_device.members = 0;
  };
  for (const TimelineRequest& request : timeline.requests) {
    Open& of_device = open[request.device];
    if (of_device.batch.size != request.batch) close(of_device);
    Batch& batch = of_device.batch;
    if (of_device.members++ == 0) batch = {request.device, request.batch, request.number, request.submitted, {}};
    batch.begin = std::min(batch.begin, request.submitted);
    batch.end = request.completed;
    if (of_device.members == batch.size) close(of_device);
  }
  std::ranges::for_each(open, close);
  std::ranges::stable_sort(batches, {}, &Batch::begin);
  return batches;
}

std::vector<std::uint32_t> by_submission(const Timeline& timeline) {
  std::vector<std::uint32_t> order(timeline.requests.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) { return timeline.requests[i].submitted; });
  return order;
}

}  // namespace inflight::report
