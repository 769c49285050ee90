// Configuration files: --config of run and verify, and -load_config of bench.
#include <algorithm>

#include "apps/inflight/bench_config.hpp"
#include "apps/inflight/configuration.hpp"
#include "fuzzing.hpp"

namespace {

using inflight::fuzzing::require;

void read_config(const std::string& path) {
  auto line = inflight::app::with_config_files({"run", "--config", path, "--requests", "2"});
  if (!line) {
    require(line.error().code == inflight::ErrorCode::unreadable_input, "the file is to blame");
    require(line.error().message.starts_with(path), "the file is named");
    return;
  }
  const std::vector<std::string>& words = line->words;
  require(words.size() >= 3 && words.front() == "run" && words.back() == "2", "the command line stands");
  for (std::size_t i = 1; i + 2 < words.size(); ++i)
    require(words[i].starts_with("--") && words[i].find('=') != std::string::npos, "each line is one option");
}

void load_config(const std::string& path) {
  inflight::app::Options options;
  options.hint = inflight::PerformanceHint::latency;
  auto loaded = inflight::app::load_config(path, options);
  if (!loaded) require(loaded.error().code == inflight::ErrorCode::unreadable_input, "the file is to blame");
  require(!options.detector.compile.properties.contains("PERFORMANCE_HINT"), "the command line wins");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  inflight::fuzzing::MemoryFile file(inflight::fuzzing::text_of(data, size));
  read_config(file.path());
  load_config(file.path());
  // What stands in a file goes where the words of a command line go, which take long to be read. Messages repeat them.
  std::string line(inflight::fuzzing::text_of(data, size));
  if (!line.starts_with('-')) return 0;
  std::ranges::replace(line, '\n', ' ');
  auto options = inflight::app::with_arguments({}, line);
  if (!options) require(inflight::fuzzing::is_message(options.error().message), "what is refused has a message");
  return 0;
}
