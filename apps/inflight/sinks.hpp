// The sinks that the command line asks for.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "options.hpp"

namespace inflight::app {

using Sinks = std::vector<std::unique_ptr<Sink>>;

/// Pictures of one source: a window, a video, a folder. `closed` runs when the user closes the window of --show.
Result<Sinks> open_pictures(const Options& options, const SourceInfo& source, std::function<void()> closed);
/// What all sources write to: JSON lines.
Result<Sinks> open_lines(const Options& options);

/// The same kinds of sink, whose output nobody keeps: to measure what they cost.
Result<std::unique_ptr<Sink>> open_discarded_outputs(const Options& options, const SourceInfo& source);

}  // namespace inflight::app
