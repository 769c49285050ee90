// Whether the system has threads left, for libraries that end the program where it has not.
#pragma once

#include <string>

#include "inflight/result.hpp"

namespace inflight {

/// Can so many threads be started, all at once? They end before this returns. Errors: those of Worker::start.
Result<void> check_threads(int count);

/// `problem`, in the words of a library, with what to do where it is that there are no threads left.
std::string with_thread_remedy(std::string problem);

}  // namespace inflight
