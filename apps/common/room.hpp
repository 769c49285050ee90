// Stacks with room for the engines' libraries, for the programs.
#pragma once

#include <pthread.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <system_error>
#include <thread>

namespace inflight::app {

/// What compiling a model takes, with a good deal to spare; containers and `ulimit -s` give as little as 512 KiB.
constexpr std::size_t kRoomyStack = std::size_t{8} << 20;
/// The same of the threads that engines, codecs and servers start, which are many.
constexpr std::size_t kLeastStack = std::size_t{2} << 20;

inline std::size_t default_stack() {
  pthread_attr_t attributes;
  std::size_t size = 0;
  if (pthread_getattr_default_np(&attributes) != 0) return size;
  pthread_attr_getstacksize(&attributes, &size);
  pthread_attr_destroy(&attributes);
  return size;
}

/// Of threads that do not ask for a size themselves.
inline void set_default_stack(std::size_t size) {
  pthread_attr_t attributes;
  if (pthread_getattr_default_np(&attributes) != 0) return;
  pthread_attr_setstacksize(&attributes, size);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

/// What `body` returns, run by the main thread where the system gives that a stack with room, else on one that has.
template <class Body>
int with_room(Body body) {
  rlimit limit{};
  bool known = getrlimit(RLIMIT_STACK, &limit) == 0;
  std::size_t threads = std::max(default_stack(), kLeastStack);
  set_default_stack(threads);
  if (!known || limit.rlim_cur >= kRoomyStack) return body();
  set_default_stack(kRoomyStack);
  int result = 0;
  std::thread roomy;
  try {
    roomy = std::thread([&] {
      set_default_stack(threads);
      result = body();
    });
  } catch (const std::system_error&) {
    return body();  // there is no thread to be had: some models do with little
  }
  // Signals are for the thread that does the work, as it would be without this one.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  roomy.join();
  return result;
}

}  // namespace inflight::app
