#include "child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "inflight/detail/joined.hpp"
#include "plugin.hpp"

namespace inflight {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVariable = "INFLIGHT_MODEL_PROCESS";
constexpr const char* kProgram = "inflight-model";
constexpr int kSocket = 3;  // where the process finds it: the first after the standard ones

bool is_program(const fs::path& file) {
  std::error_code unreadable;
  return fs::is_regular_file(file, unreadable) && access(file.c_str(), X_OK) == 0;
}

std::vector<fs::path> program_folders() {
  std::vector<fs::path> folders = plugin_folders();
  std::error_code unreadable;
  fs::path self = fs::read_symlink("/proc/self/exe", unreadable);
  if (!self.empty()) folders.push_back(self.parent_path());
  return folders;
}

/// A program may have been started without the standard files: their numbers are not for anything else.
FileDescriptor above_standard(FileDescriptor file) {
  if (file.get() > STDERR_FILENO) return file;
  return FileDescriptor(fcntl(file.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

/// How the process is to begin: nothing runs between fork and exec, where a program with threads must not do much.
class Beginning {
 public:
  explicit Beginning(int socket) {
    posix_spawn_file_actions_init(&files_);
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_adddup2(&files_, socket, kSocket);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    // What engines print is for people; the standard output of a program holds its results.
    if (fcntl(STDERR_FILENO, F_GETFD) >= 0) posix_spawn_file_actions_adddup2(&files_, STDERR_FILENO, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files_, kSocket + 1);
    // A group of its own: Ctrl-C is for the program, which finishes what runs.
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  }
  Beginning(const Beginning&) = delete;
  Beginning& operator=(const Beginning&) = delete;
  ~Beginning() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  /// 0, or an errno.
  int spawn(pid_t& id, const fs::path& program, std::vector<std::string>& arguments) const {
    std::vector<char*> pointers;
    pointers.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    return posix_spawn(&id, program.c_str(), &files_, &attributes_, pointers.data(), environ);
  }

 private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t attributes_{};
};

tl::unexpected<Error> not_started(const fs::path& program, int error) {
  return fail(ErrorCode::device_unusable,
              fmt::format("{}: the process for the model cannot be started: {}; check the limits on processes and "
                          "open files",
                          program.string(), std::strerror(error)));
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("was killed by signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

}  // namespace

Result<fs::path> find_model_program() {
  if (const char* named = std::getenv(kVariable)) {
    if (is_program(named)) return fs::path(named);
    return fail(ErrorCode::device_unusable,
                fmt::format("PROCESS needs the program {}, and {}={} is none; name it there, or unset the variable",
                            kProgram, kVariable, named));
  }
  std::string looked;
  for (const fs::path& folder : program_folders()) {
    if (is_program(folder / kProgram)) return folder / kProgram;
    detail::join(looked, ", ", folder.string());
  }
  return fail(ErrorCode::device_unusable,
              fmt::format("PROCESS needs the program {}, which is not in {}; install it with Inflight's engines, or "
                          "name it in {}",
                          kProgram, looked, kVariable));
}

Result<ChildProcess> ChildProcess::start(const fs::path& program, std::vector<std::string> arguments) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return not_started(program, errno);
  FileDescriptor mine = above_standard(FileDescriptor(ends[0])), theirs = above_standard(FileDescriptor(ends[1]));
  if (!mine || !theirs) return not_started(program, errno);
  arguments.insert(arguments.begin(), {program.string(), std::to_string(kSocket)});
  pid_t id = 0;
  int error = Beginning(theirs.get()).spawn(id, program, arguments);
  if (error != 0) return not_started(program, error);
  return ChildProcess(std::move(mine), id);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : channel_(std::move(other.channel_)), id_(std::exchange(other.id_, 0)) {}

std::string ChildProcess::end() {
  if (id_ == 0) return "";
  pid_t id = std::exchange(id_, 0);
  kill(-id, SIGKILL);  // with what it has started
  kill(id, SIGKILL);   // where it is ending already, it keeps to what it is ending with
  int status = 0;
  pid_t ended = 0;
  do ended = waitpid(id, &status, 0);
  while (ended < 0 && errno == EINTR);
  return ended == id ? how_it_ended(status) : "ended, and something else in this program was told how";
}

}  // namespace inflight
