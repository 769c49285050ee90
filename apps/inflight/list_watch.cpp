#include "list_watch.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>
#include <utility>

#include "console.hpp"
#include "outputs.hpp"
#include "sinks.hpp"

namespace inflight::app {
namespace {

/// Everything of a line that makes it another source.
std::string line_of(const Input& input) {
  const SourceSetup& setup = input.setup;
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}", input.spec, setup.name, setup.priority, int(setup.overflow),
                     setup.max_age.count(), input.source.realtime, input.source.loop, input.source.every);
}

}  // namespace

ListWatch::ListWatch(const Options& options, Pipeline& pipeline, std::vector<Input> running)
    : options_(options), pipeline_(pipeline), inotify_(inotify_init1(IN_CLOEXEC)), end_(eventfd(0, EFD_CLOEXEC)) {
  for (const Input& input : running) running_.push_back({input.from_list, line_of(input), next_output_++});
  std::ranges::copy_if(options.inputs, std::back_inserter(lists_), is_source_list);
  thread_ = std::thread([this] { work(); });
}

ListWatch::~ListWatch() {
  stop_.request_stop();  // of sources that are being opened
  eventfd_write(end_, 1);
  thread_.join();
  close(inotify_);
  close(end_);
}

/// Also returns, with true, when it is time to try again what could not be added. False: the watch ends.
bool ListWatch::wait_for_change() {
  constexpr int kTryAgainMs = 5000;
  for (;;) {
    std::array<pollfd, 2> files{{{inotify_, POLLIN, 0}, {end_, POLLIN, 0}}};
    int ready = poll(files.data(), files.size(), failed_ ? kTryAgainMs : -1);
    if (ready < 0) continue;  // a signal
    if (files[1].revents != 0) return false;
    if (ready == 0 || is_of_a_list()) return true;
  }
}

/// Whether the changes that the system told of are those of a list: other files may lie beside it.
bool ListWatch::is_of_a_list() {
  alignas(inotify_event) std::array<char, 4096> events;
  ssize_t length = read(inotify_, events.data(), events.size());
  for (ssize_t at = 0; at < length;) {
    const auto* event = reinterpret_cast<const inotify_event*>(events.data() + at);
    std::string name = event->len > 0 ? event->name : "";
    auto folder = watched_.find(event->wd);
    if (folder != watched_.end() && folder->second.contains(name)) return true;
    at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
  }
  return false;
}

/// The folder of every name that leads to a list: editors replace a file rather than write into it, and who mounts
/// files for containers replaces a link on the way to them.
void ListWatch::watch_names() {
  std::map<int, std::set<std::string>> before = std::exchange(watched_, {});
  for (const std::string& list : lists_) watch_name(list);
  for (const auto& [watch, names] : before)
    if (!watched_.contains(watch)) inotify_rm_watch(inotify_, watch);
}

void ListWatch::watch_name(const std::filesystem::path& path) {
  constexpr int kMostLinks = 40;  // as the system has it
  std::error_code ignored;        // what is not there yet may come
  std::filesystem::path rest = std::filesystem::absolute(path, ignored), folder;
  for (int links = 0; !rest.empty();) {
    auto first = rest.begin();
    std::filesystem::path name = *first, behind;
    while (++first != rest.end()) behind /= *first;
    if (name == "..") {  // of where links have led
      folder = folder.parent_path();
      rest = behind;
      continue;
    }
    bool link = std::filesystem::is_symlink(folder / name, ignored);
    if (link || behind.empty()) {
      int watch = inotify_add_watch(inotify_, folder.c_str(), IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE);
      if (watch >= 0) watched_[watch].insert(name.string());
    }
    rest = behind;
    if (!link) {
      folder /= name;
    } else if (++links <= kMostLinks) {
      std::filesystem::path target = std::filesystem::read_symlink(folder / name, ignored);
      rest = target / behind;
      if (target.is_absolute()) folder.clear();
    } else {
      return;
    }
  }
}

void ListWatch::work() {
  do {  // at once, too: a list may have changed since it was read
    failed_ = false;
    watch_names();  // first: what changes from now on is told of
    for (const std::string& list : lists_) follow(list);
  } while (wait_for_change());
}

void ListWatch::follow(const std::string& list) {
  Result<std::vector<Input>> inputs = listed_inputs(options_, list);
  if (!inputs) return tell("inflight: {}; nothing was changed\n", inputs.error().message);
  std::vector<std::string> lines;
  for (const Input& input : *inputs) lines.push_back(line_of(input));
  std::vector<bool> runs(lines.size());  // each line is one source, also where two say the same
  auto gone = [&](const Running& running) {
    if (running.list != list) return false;
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (!runs[i] && lines[i] == running.line) return !(runs[i] = true);
    pipeline_.remove_source(running.id);
    tell("inflight: source {} was removed\n", running.id);
    return true;
  };
  std::erase_if(running_, gone);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (!runs[i]) add((*inputs)[i], lines[i]);
}

void ListWatch::add(const Input& input, std::string line) {
  Input stoppable = copy_of(input);
  stoppable.source.stop_opening = stop_.get_token();
  Result<std::unique_ptr<Source>> source = open_input(stoppable);
  if (!source) {
    failed_ = true;  // a camera that was just let go may still be busy: tried again later
    return tell("inflight: not added: {}\n", source.error().message);
  }
  Options own = options_;
  own.output = output_of(options_.output, next_output_);
  Result<void> taken = take_outputs({{"-o", own.output, OutputKind::pictures}}, {inputs_read({input.spec})});
  Result<Sinks> pictures = taken ? open_pictures(own, (*source)->info(), [] {}) : fail(std::move(taken.error()));
  if (!pictures) return tell("inflight: not added: {}\n", pictures.error().message);
  SourceSetup setup = copy_of(input).setup;
  setup.sinks = std::move(*pictures);
  std::string name = (*source)->info().name;
  SourceId id = pipeline_.add_source(std::move(*source), std::move(setup));
  ++next_output_;
  running_.push_back({input.from_list, std::move(line), id});
  tell("inflight: source {} was added: {}\n", id, name);
}

}  // namespace inflight::app
