#include "inputs.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <filesystem>

#include "choices.hpp"

namespace inflight::app {
namespace {

Input input_of(const Options& options, const std::string& spec) {
  Input input;
  input.spec = spec;
  input.source = options.source;
  input.setup.overflow = options.overflow;
  input.setup.max_age = options.max_age;
  return input;
}

int to_int(const std::string& text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The list has checked every value.
void apply(const std::string& name, const std::string& value, Input& input) {
  if (name == "name") input.setup.name = value;
  if (name == "priority") input.setup.priority = to_int(value);
  if (name == "overflow") input.setup.overflow = kOverflowPolicies.at(value);
  if (name == "max-age")
    input.setup.max_age = parse_duration(value, std::chrono::milliseconds(1)).value_or(Duration{0});
  if (name == "realtime") input.source.realtime = value == "true";
  if (name == "loop") input.source.loop = to_int(value);
  if (name == "every") input.source.every = static_cast<std::uint64_t>(to_int(value));
}

}  // namespace

Input copy_of(const Input& input) {
  Input copy;
  copy.spec = input.spec;
  copy.source = input.source;
  copy.from_list = input.from_list;
  copy.setup.name = input.setup.name;
  copy.setup.overflow = input.setup.overflow;
  copy.setup.priority = input.setup.priority;
  copy.setup.max_age = input.setup.max_age;
  return copy;
}

std::vector<std::string> specs_of(const std::vector<Input>& inputs) {
  std::vector<std::string> specs;
  for (const Input& input : inputs) specs.push_back(input.spec);
  return specs;
}

bool is_source_list(const std::string& input) {
  if (input.find("://") != std::string::npos) return false;
  std::filesystem::path extension = std::filesystem::path(input).extension();
  return extension == ".txt" || extension == ".list";
}

Result<std::vector<Input>> listed_inputs(const Options& options, const std::string& list) {
  Result<SourceList> read = read_source_list(list, options.skip_bad);
  if (!read) {
    Error why = std::move(read.error());
    if (why.code == ErrorCode::invalid_argument) why.message += "; or leave it out with --skip-bad";
    return fail(std::move(why));
  }
  for (const Error& bad : read->bad_lines) fmt::print(stderr, "inflight: left out: {}\n", bad.message);
  std::vector<Input> inputs;
  for (const ListedSource& listed : read->sources) {
    Input input = input_of(options, listed.spec);
    for (const auto& [name, value] : listed.options) apply(name, value, input);
    input.from_list = list;
    inputs.push_back(std::move(input));
  }
  return inputs;
}

Result<std::vector<Input>> named_inputs(const Options& options) {
  std::vector<Input> inputs;
  for (const std::string& text : options.inputs.empty() ? std::vector{options.input} : options.inputs) {
    if (!is_source_list(text)) {
      inputs.push_back(input_of(options, text));
      continue;
    }
    Result<std::vector<Input>> listed = listed_inputs(options, text);
    if (!listed) return listed;
    for (Input& input : *listed) inputs.push_back(std::move(input));
  }
  return inputs;
}

Result<std::unique_ptr<Source>> open_input(const Input& input) { return open_source(input.spec, input.source); }

}  // namespace inflight::app
