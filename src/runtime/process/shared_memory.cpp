#include "shared_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace inflight {
namespace {

tl::unexpected<Error> no_memory(std::size_t bytes, const char* what) {
  return fail(ErrorCode::device_unusable,
              fmt::format("{} bytes of memory to be shared with the process of a model: {}: {}; check the limits on "
                          "memory and open files",
                          bytes, what, std::strerror(errno)));
}

}  // namespace

Result<SharedMemory> SharedMemory::create(std::size_t bytes) {
  bytes = std::max<std::size_t>(bytes, 1);
  FileDescriptor file(memfd_create("inflight", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return no_memory(bytes, "memfd_create");
  if (ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) return no_memory(bytes, "ftruncate");
  if (fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return no_memory(bytes, "fcntl");
  return open(std::move(file), bytes);
}

Result<SharedMemory> SharedMemory::open(FileDescriptor file, std::size_t bytes) {
  struct stat status{};
  if (!file || bytes == 0 || fstat(file.get(), &status) != 0 || static_cast<std::size_t>(status.st_size) < bytes)
    return fail(ErrorCode::invalid_argument, fmt::format("{} bytes of shared memory did not arrive", bytes));
  // What shrinks while it is read ends this process.
  int seals = fcntl(file.get(), F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0)
    return fail(ErrorCode::invalid_argument, "shared memory came whose size is not sealed");
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) return no_memory(bytes, "mmap");
  SharedMemory memory;
  memory.file_ = std::move(file);
  memory.bytes_ = {static_cast<std::byte*>(data), bytes};
  return memory;
}

SharedMemory::~SharedMemory() {
  if (!bytes_.empty()) munmap(bytes_.data(), bytes_.size());
}

}  // namespace inflight
