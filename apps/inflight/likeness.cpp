#include "likeness.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace inflight::app {

Difference most_of(const Difference& a, const Difference& b) noexcept {
  return {std::max(a.score, b.score), std::max(a.box, b.box)};
}

namespace {

/// What is no number is as far as can be from any, and equal to itself.
float distance(float a, float b) noexcept {
  if (std::isnan(a) || std::isnan(b))
    return std::isnan(a) == std::isnan(b) ? 0 : std::numeric_limits<float>::infinity();
  return a == b ? 0 : std::abs(a - b);  // infinite ones, too
}

std::optional<Difference> difference(const std::vector<Detection>& a, const std::vector<Detection>& b) {
  if (a.size() != b.size()) return std::nullopt;
  Difference most;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Box &x = a[i].box, &y = b[i].box;
    if (a[i].class_id != b[i].class_id) return std::nullopt;
    float corner = std::max(
        {distance(x.left, y.left), distance(x.top, y.top), distance(x.width, y.width), distance(x.height, y.height)});
    float size = std::max({1.0F, x.width, x.height});
    most = most_of(most, {distance(a[i].score, b[i].score), corner / size});
  }
  return most;
}

}  // namespace

std::optional<Difference> difference(const FrameResult& a, const FrameResult& b) {
  if (a.status != b.status || a.models.size() != b.models.size()) return std::nullopt;
  std::optional<Difference> most = difference(a.detections, b.detections);
  for (std::size_t i = 0; most && i < a.models.size(); ++i) {
    std::optional<Difference> apart = difference(a.models[i].detections, b.models[i].detections);
    most = apart ? std::optional(most_of(*most, *apart)) : std::nullopt;
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
