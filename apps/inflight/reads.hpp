// The files that a command reads: none of them may be an output.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "options.hpp"

namespace inflight::app {

/// What is read, for messages ("the input"), and the files and folders that it is.
struct Read {
  std::string what;
  std::vector<std::filesystem::path> files;
};
using Reads = std::vector<Read>;

/// All that the command line names: models with their weights, inputs, lists of inputs, configurations. What cannot be
/// found is left out: whoever opens it says so.
Reads named_reads(const Options& options);

/// A model: its file, or what its folder holds, and the files beside it that hold its weights.
Read model_read(const std::filesystem::path& model);
/// Inputs of a run: files, folders and patterns with the images there, never addresses.
Read inputs_read(const std::vector<std::string>& inputs);
/// Inputs of bench: PATH or NAME:PATH, each a file or a folder of files.
Read data_read(const std::vector<std::string>& inputs);

}  // namespace inflight::app
