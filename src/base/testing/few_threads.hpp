// A system that gives few threads, as containers with a limit of pids do. It defines `pthread_create` for the whole
// test program: include it in one file of it.
#pragma once

#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>

namespace inflight::test {

inline std::atomic<int> threads_left = -1;  // below 0: as many as the system gives

/// While it lives, `threads` more can be started, by whomever.
class FewThreads {
 public:
  explicit FewThreads(int threads) { threads_left = threads; }
  ~FewThreads() { threads_left = -1; }
  FewThreads(const FewThreads&) = delete;
  FewThreads& operator=(const FewThreads&) = delete;
};

/// False: there is none left.
inline bool take_thread() {
  int left = threads_left;
  while (left >= 0)
    if (left == 0 || threads_left.compare_exchange_weak(left, left - 1)) return left > 0;
  return true;
}

}  // namespace inflight::test

extern "C" {

/// A sanitizer's own, where there is one: it must know of every thread.
// NOLINTNEXTLINE(bugprone-reserved-identifier): that is its name
[[gnu::weak]] int __interceptor_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                               void* (*start)(void*), void* argument);

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = __interceptor_pthread_create
                                 ? &__interceptor_pthread_create
                                 : reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  return inflight::test::take_thread() ? create(thread, attributes, start, argument) : EAGAIN;
}

}  // extern "C"
