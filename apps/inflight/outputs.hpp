// The sinks that the command line asks for.
#pragma once

#include <memory>
#include <vector>

#include "options.hpp"

namespace inflight::app {

/// Before any work: can every output be written, without destroying the input or another output? Creates missing
/// folders and touches nothing else. Errors: unwritable_output, invalid_argument.
Result<void> check_outputs(const Options& options);

/// Would an output overwrite one of `inputs`? With several of them pictures go to one file for each (output_of).
/// Errors: unwritable_output.
Result<void> check_inputs_kept(const Options& options, const std::vector<std::string>& inputs);

/// Of one output that is a file: can it be written? Creates its folder. Errors: unwritable_output.
Result<void> check_file(const std::string& output);

using Sinks = std::vector<std::unique_ptr<Sink>>;

/// Pictures of one source: a window, a video, a folder. `closed` runs when the user closes the window of --show.
Result<Sinks> open_pictures(const Options& options, const SourceInfo& source, std::function<void()> closed);
/// What all sources write to: JSON lines.
Result<Sinks> open_lines(const Options& options);
/// Where the pictures of source number `source` go, where there are several: "out/annotated-3.mp4", "out/frames/3".
std::string output_of(const std::string& output, SourceId source);

/// The same kinds of sink, whose output nobody keeps: to measure what they cost. One at a time.
Result<std::unique_ptr<Sink>> open_discarded_outputs(const Options& options, const SourceInfo& source);
/// What they have written so far. They do it themselves, unless the process ends early.
void remove_discarded_outputs();

/// Writes a text to a file, or to standard output where `path` is "-". Errors: output_failed.
Result<void> write_text(const std::string& path, const std::string& text);

}  // namespace inflight::app
