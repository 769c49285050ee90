// The inputs that the command line names, ready for a pipeline.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "options.hpp"

namespace inflight::app {

/// One source: what to open and how it takes part.
struct Input {
  std::string spec;
  SourceOptions source;
  SourceSetup setup;      ///< without sinks
  std::string from_list;  ///< the list that names it; empty: the command line
  int line = 0;           ///< of that list
};

/// A file that names sources, one per line.
bool is_source_list(const std::string& input);

/// Every `-i`; those that are lists, line by line, and those that hold videos, one by one. Bad lines are an error, or
/// are told of and left out where
/// --skip-bad says so. Errors: those of read_source_list; unreadable_input (none is left).
Result<std::vector<Input>> named_inputs(const Options& options);
/// Of one list.
Result<std::vector<Input>> listed_inputs(const Options& options, const std::string& list);

/// Without sinks, as it is before a run.
Input copy_of(const Input& input);

std::vector<std::string> specs_of(const std::vector<Input>& inputs);

/// Errors: those of open_source, naming the list and the line that it comes from.
Result<std::unique_ptr<Source>> open_input(const Input& input);

}  // namespace inflight::app
