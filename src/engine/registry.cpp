// Finds the engines: the simulated one, and the plugins in the plugin folders.
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <sstream>

#include "plugin.hpp"
#include "sim_engine.hpp"

namespace inflight {
namespace {

namespace fs = std::filesystem;

/// The order in which a bare device name ("CPU") is looked up.
constexpr std::array<std::string_view, 4> kPreference{"ov", "ort", "torch", "sim"};

/// "inflight_ov.so" → "ov"; empty for other files.
std::string engine_name(const fs::path& file) {
  std::string stem = file.stem().string();
  constexpr std::string_view prefix = "inflight_";
  if (file.extension() != ".so" || !stem.starts_with(prefix)) return {};
  return stem.substr(prefix.size());
}

EngineStatus load(const fs::path& file) {
  EngineStatus status{engine_name(file), nullptr, file.string(), {}};
  // Never closed: engines leave threads and thread-local data of their libraries behind.
  void* module = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!module) {
    status.problem = dlerror();
    return status;
  }
  const auto* plugin = static_cast<const Plugin*>(dlsym(module, kPluginSymbol));
  if (!plugin || plugin->abi != kPluginAbi) {
    status.problem = fmt::format("{} was built for another version of Inflight; rebuild it", file.string());
    return status;
  }
  status.engine.reset(plugin->create(status.problem));
  return status;
}

/// Sorts engines by preference, those that nobody prefers by name: folders are listed in no order.
std::pair<std::size_t, std::string> rank(const EngineStatus& status) {
  auto preference = std::ranges::find(kPreference, status.name) - kPreference.begin();
  return {static_cast<std::size_t>(preference), status.name};
}

EngineStatus not_found(std::string_view name) {
  std::string problem = fmt::format("there is no inflight_{}.so in", name);
  for (const fs::path& folder : plugin_folders())
    problem += fmt::format("{} {}", problem.ends_with("in") ? "" : ",", folder.string());
  return {std::string(name), nullptr, "", problem + "; build it, or name its folder in INFLIGHT_PLUGIN_PATH"};
}

std::vector<EngineStatus> find_engines() {
  std::vector<EngineStatus> found{{"sim", make_sim_engine(), "built in", {}}};
  std::set<std::string> seen{"sim"};  // the first folder that has an engine wins
  for (const fs::path& folder : plugin_folders()) {
    std::error_code unreadable;  // a folder that does not exist holds no plugins; that is no error
    for (fs::directory_iterator entry(folder, unreadable), end; entry != end; entry.increment(unreadable)) {
      std::string name = engine_name(entry->path());
      if (!name.empty() && seen.insert(name).second) found.push_back(load(entry->path()));
    }
  }
  for (std::string_view name : kPreference)
    if (!seen.contains(std::string(name))) found.push_back(not_found(name));
  std::ranges::sort(found, {}, rank);
  return found;
}

}  // namespace

std::vector<fs::path> plugin_folders() {
  std::vector<fs::path> folders;
  if (const char* path = std::getenv("INFLIGHT_PLUGIN_PATH")) {
    std::istringstream list(path);
    for (std::string folder; std::getline(list, folder, ':');) folders.emplace_back(folder);
  }
  Dl_info library{};
  if (dladdr(reinterpret_cast<void*>(&engines), &library) != 0) {
    std::error_code unknown;  // the working directory may be gone
    folders.push_back(fs::absolute(library.dli_fname, unknown).lexically_normal().parent_path() / "inflight");
  }
  folders.emplace_back(INFLIGHT_INSTALLED_PLUGINS);
  return folders;
}

const std::vector<EngineStatus>& engines() {
  // Never destroyed: the libraries behind engines tear themselves down at exit, in no order of ours.
  static const auto* all = new std::vector<EngineStatus>(find_engines());
  return *all;
}

const char* to_string(PerformanceHint hint) noexcept {
  switch (hint) {
    case PerformanceHint::latency:
      return "latency";
    case PerformanceHint::throughput:
      return "throughput";
    case PerformanceHint::cumulative_throughput:
      return "cumulative_throughput";
  }
  return "throughput";
}

}  // namespace inflight
