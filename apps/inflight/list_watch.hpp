// --watch: sources come and go with the lines of their lists.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "inputs.hpp"

namespace inflight::app {

/// Follows the lists of `options.inputs` while it lives, on a thread of its own: a line that is new adds a source, one
/// that is gone removes it, one that has changed does both. A list that cannot be read, or that is wrong somewhere,
/// changes nothing, and is told of. Told of by the system (inotify), so nothing is polled.
class ListWatch {
 public:
  /// `running`: what `pipeline` was given already, in the order of its sources' ids.
  ListWatch(const Options& options, Pipeline& pipeline, std::vector<Input> running);
  ~ListWatch();
  ListWatch(const ListWatch&) = delete;
  ListWatch& operator=(const ListWatch&) = delete;

 private:
  /// A source that was added for a line.
  struct Running {
    std::string list, line;
    SourceId id = 0;
  };
  void work();
  bool wait_for_change();
  bool is_of_a_list();
  void watch_names();
  void watch_name(const std::filesystem::path& path);
  void follow(const std::string& list);
  void add(const Input& input, std::string line);

  const Options& options_;
  Pipeline& pipeline_;
  std::vector<std::string> lists_;
  std::map<int, std::set<std::string>> watched_;  // of the thread: what matters in a folder, by its watch
  std::vector<Running> running_;                  // of the thread
  bool failed_ = false;                           // of the thread: something could not be added
  std::stop_source stop_;
  SourceId next_output_ = 0;
  int inotify_ = -1, end_ = -1;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace inflight::app
