// The metrics, as prometheus-cpp takes them.
#pragma once

#include <prometheus/metric_family.h>

#include <map>
#include <utility>
#include <vector>

#include "inflight/pipeline.hpp"

namespace inflight::app {

/// How often which device did what: (kind, device).
using EventCounts = std::map<std::pair<std::string, std::string>, std::uint64_t>;

std::vector<prometheus::MetricFamily> families_of(const RunStatus& status);
prometheus::MetricFamily family_of(const RuntimeInfo& runtime);
prometheus::MetricFamily family_of(const EventCounts& events);

}  // namespace inflight::app
