#include "reads.hpp"

#include <fstream>
#include <set>
#include <string_view>
#include <system_error>

#include "inputs.hpp"
#include "models.hpp"

namespace inflight::app {
namespace {

namespace fs = std::filesystem;
using Files = std::vector<fs::path>;

/// The folder itself, and what lies in it.
void add_folder(Files& files, const fs::path& folder) {
  std::error_code trouble;
  files.push_back(folder);
  for (fs::directory_iterator entry(folder, trouble), end; !trouble && entry != end; entry.increment(trouble))
    files.push_back(entry->path());
}

/// The text at the beginning of `bytes`, behind its length, as protobuf writes it (the length in sevens of bits).
std::string_view counted_text(std::string_view bytes) {
  std::size_t length = 0, at = 0;
  for (int shift = 0; at < bytes.size() && shift < 28; shift += 7) {
    auto byte = static_cast<unsigned char>(bytes[at++]);
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return bytes.substr(at, length);
  }
  return {};
}

/// The files that hold the weights of an ONNX model, as its tensors name them: TensorProto.external_data has entries
/// with the key "location" (onnx.proto). A search for the key finds them without reading the rest of the format.
std::set<std::string> external_data(const fs::path& model) {
  constexpr std::string_view kKey("\x0a\x08location\x12", 11);
  constexpr std::size_t kPart = std::size_t{1} << 20, kLongest = 4096 + 16;  // of a path
  std::set<std::string> files;
  std::ifstream file(model, std::ios::binary);
  std::string part;
  while (file) {
    std::size_t kept = std::min(part.size(), kLongest);  // an entry may lie across two parts
    part.erase(0, part.size() - kept);
    part.resize(kept + kPart);
    file.read(part.data() + kept, kPart);
    part.resize(kept + static_cast<std::size_t>(file.gcount()));
    for (std::size_t at = 0; (at = part.find(kKey, at)) != std::string::npos; at += kKey.size())
      files.emplace(counted_text(std::string_view(part).substr(at + kKey.size())));
  }
  return files;
}

void add_weights(Files& files, const fs::path& model) {
  fs::path extension = model.extension();
  if (extension == ".xml") files.push_back(fs::path(model).replace_extension(".bin"));
  if (extension == ".pdmodel") files.push_back(fs::path(model).replace_extension(".pdiparams"));
  if (extension != ".onnx") return;
  for (const std::string& file : external_data(model)) files.push_back(model.parent_path() / file);
}

}  // namespace

Read model_read(const fs::path& model) {
  Read read{"the model", {}};
  std::error_code ignored;
  if (fs::is_directory(model, ignored)) {
    add_folder(read.files, model);
    return read;
  }
  read.files.push_back(model);
  add_weights(read.files, model);
  return read;
}

Read inputs_read(const std::vector<std::string>& inputs) {
  Read read{"the input", {}};
  for (const std::string& input : inputs)
    for (fs::path& file : files_of_source(input)) read.files.push_back(std::move(file));
  return read;
}

Read data_read(const std::vector<std::string>& inputs) {
  Read read{"the input", {}};
  for (const std::string& input : inputs) {
    std::error_code ignored;
    fs::path path = fs::exists(input, ignored) ? input : input.substr(input.find(':') + 1);
    if (fs::is_directory(path, ignored))
      add_folder(read.files, path);
    else
      read.files.push_back(path);
  }
  return read;
}

Reads named_reads(const Options& options) {
  Reads reads;
  Result<std::vector<NamedModel>> models = named_models(options);
  if (models)
    for (const NamedModel& model : *models) reads.push_back(model_read(model.options.model));
  if (!options.then.empty()) reads.push_back(model_read(model_file(options.then)));
  reads.push_back(inputs_read(options.inputs.empty() ? std::vector{options.input} : options.inputs));
  reads.push_back({"the configuration", {options.config_files.begin(), options.config_files.end()}});
  return reads;
}

}  // namespace inflight::app
