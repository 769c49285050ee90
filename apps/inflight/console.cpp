#include "console.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <system_error>

namespace inflight::app {
namespace {

std::atomic<int> output_error = 0;  // errno of what was put and could not be written

/// Opening takes the lowest free number, so the next file would be standard output. Reading from what should be
/// written to fails, and says so; messages just go.
void take_standard_descriptors() {
  for (int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(number, F_GETFD) < 0) (void)open("/dev/null", number == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace

void prepare_console() {
  take_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void tell_text(std::string_view text) noexcept {
  (void)std::fwrite(text.data(), 1, text.size(), stderr);  // there is nobody left to tell
}

void put_text(std::string_view text) noexcept {
  if (std::fwrite(text.data(), 1, text.size(), stdout) < text.size() || std::fflush(stdout) != 0) output_error = errno;
}

void put_beside(std::string_view data, std::string_view text) noexcept {
  data == "-" ? tell_text(text) : put_text(text);
}

Result<void> flush_output() {
  if (std::fflush(stdout) != 0) output_error = errno;
  int code = output_error.exchange(0);
  if (code == 0) return {};
  std::clearerr(stdout);
  const char* remedy = code == ENOSPC ? "make room, or write elsewhere" : "write it to a file or a pipe";
  return fail(ErrorCode::output_failed,
              fmt::format("standard output: cannot be written: {}; {}", std::generic_category().message(code), remedy));
}

bool reader_is_gone() {
  pollfd output{STDOUT_FILENO, 0, 0};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

ExitCode checked(ExitCode code) {
  Result<void> flushed = flush_output();
  if (flushed || code != ExitCode::done) return code;
  return report(flushed.error());
}

}  // namespace inflight::app
