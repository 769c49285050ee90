#include "likeness.hpp"

#include <algorithm>
#include <cmath>

namespace inflight::app {

Difference most_of(const Difference& a, const Difference& b) noexcept {
  return {std::max(a.score, b.score), std::max(a.box, b.box)};
}

std::optional<Difference> difference(const FrameResult& a, const FrameResult& b) {
  if (a.status != b.status || a.detections.size() != b.detections.size()) return std::nullopt;
  Difference most;
  for (std::size_t i = 0; i < a.detections.size(); ++i) {
    const Detection &x = a.detections[i], &y = b.detections[i];
    if (x.class_id != y.class_id) return std::nullopt;
    float corner = std::max({std::abs(x.box.left - y.box.left), std::abs(x.box.top - y.box.top),
                             std::abs(x.box.width - y.box.width), std::abs(x.box.height - y.box.height)});
    float size = std::max({1.0F, x.box.width, x.box.height});
    most = most_of(most, {std::abs(x.score - y.score), corner / size});
  }
  return most;
}

std::optional<Difference> difference(const std::vector<FrameResult>& a, const std::vector<FrameResult>& b) {
  if (a.size() != b.size()) return std::nullopt;
  Difference most;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::optional<Difference> apart = difference(a[i], b[i]);
    if (!apart) return std::nullopt;
    most = most_of(most, *apart);
  }
  return most;
}

}  // namespace inflight::app
