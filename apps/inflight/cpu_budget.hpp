// --cpus: one budget of processors for everything that this process does.
#pragma once

#include <optional>
#include <vector>

#include "inflight/inflight.hpp"
#include "inflight/measure.hpp"

namespace inflight::app {

/// From now on this thread, and all threads and processes that it starts, stay on `count` of the processors they might
/// use: decoders, execution streams and ONNX Runtime's pools size themselves by that. Call it before they exist.
/// Errors: invalid_argument (more than there are).
Result<void> limit_processors(int count);

/// Which share of the processors each model gets, by the seconds that one of its inferences takes. nullopt: it has a
/// device of its own and gets 0. They add up to 1, in equal parts where none takes any time.
std::vector<double> shares_of(const std::vector<std::optional<double>>& costs);

/// As many execution streams of one thread as a share of `cores` asks for, rounded up, so that any mix of inferences
/// fits side by side and none waits for a core that another holds. At least 1, at most `cores`.
int streams_for(double share, int cores) noexcept;

}  // namespace inflight::app
