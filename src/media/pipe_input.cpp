#include "pipe_input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>
#include <optional>
#include <utility>

#include "mutex.hpp"
#include "unreadable.hpp"

namespace inflight::media {
namespace {

constexpr int kBuffer = 64 * 1024;  // as much as a pipe holds

tl::unexpected<Error> unreadable(std::string_view name, std::string_view what) {
  return fail(ErrorCode::unreadable_input, fmt::format("{}: {}", name, what));
}

/// Which pipe was read already: two readers would each get a part of it.
struct Taken {
  Mutex mutex;
  std::optional<std::pair<dev_t, ino_t>> pipe INFLIGHT_GUARDED_BY(mutex);
};

bool take(const struct stat& input) {
  static Taken taken;
  MutexLock lock(taken.mutex);
  std::pair pipe{input.st_dev, input.st_ino};
  return std::exchange(taken.pipe, pipe) != pipe;
}

}  // namespace

bool is_pipe(const std::string& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode));
}

Result<std::unique_ptr<PipeInput>> PipeInput::from_standard_input(AVIOInterruptCB stop) {
  constexpr const char* kName = "standard input";
  struct stat about{};
  if (::fstat(STDIN_FILENO, &about) != 0) return unreadable(kName, "it is closed; pipe a video into it");
  if (::isatty(STDIN_FILENO)) return unreadable(kName, "it is a terminal; pipe a video into it, or name a file");
  if (!take(about)) return unreadable(kName, "it was read already, and can be only once; write it to a file first");
  return over(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0), kName, stop);
}

Result<std::unique_ptr<PipeInput>> PipeInput::open(const std::string& path, AVIOInterruptCB stop) {
  // To open it otherwise would wait for somebody who writes, whatever happens meanwhile.
  return over(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC), path, stop);
}

Result<std::unique_ptr<PipeInput>> PipeInput::over(int descriptor, const std::string& name, AVIOInterruptCB stop) {
  if (descriptor < 0) return unreadable(name, why_unreadable(name, errno));
  int interrupted = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (interrupted >= 0) return std::unique_ptr<PipeInput>(new PipeInput(descriptor, interrupted, stop));
  int code = errno;
  ::close(descriptor);
  return unreadable(name, why_unreadable(name, code));
}

PipeInput::PipeInput(int descriptor, int interrupted, AVIOInterruptCB stop)
    : descriptor_(descriptor), interrupted_(interrupted), stop_(stop) {
  auto* buffer = static_cast<unsigned char*>(av_malloc(kBuffer));
  if (buffer) io_ = avio_alloc_context(buffer, kBuffer, 0, this, &PipeInput::read, nullptr, nullptr);
  if (!io_) throw std::bad_alloc();
}

PipeInput::~PipeInput() {
  av_freep(&io_->buffer);
  avio_context_free(&io_);
  ::close(interrupted_);
  ::close(descriptor_);
}

void PipeInput::interrupt() noexcept { (void)::eventfd_write(interrupted_, 1); }

/// Until there is something to read, or the end. False: interrupted.
bool PipeInput::await() const noexcept {
  pollfd both[] = {{descriptor_, POLLIN, 0}, {interrupted_, POLLIN, 0}};
  while (::poll(both, 2, -1) < 0 && errno == EINTR) {
  }
  return both[1].revents == 0;
}

int PipeInput::read(void* self, std::uint8_t* to, int size) noexcept {
  const auto& input = *static_cast<PipeInput*>(self);
  for (;;) {
    if (!input.await() || input.stop_.callback(input.stop_.opaque)) return AVERROR_EXIT;
    ssize_t got = ::read(input.descriptor_, to, static_cast<std::size_t>(size));
    if (got > 0) return static_cast<int>(got);
    if (got == 0) return AVERROR_EOF;
    if (errno != EINTR && errno != EAGAIN) return AVERROR(errno);
  }
}

}  // namespace inflight::media
