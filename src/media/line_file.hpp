// Lines into a file that somebody may be following.
#pragma once

#include <optional>

#include "mutex.hpp"
#include "output_file.hpp"
#include "periodic.hpp"

namespace inflight::media {

/// What was written reaches the file within kDelay, though it is handed on in large pieces: a slow source's lines are
/// there when somebody looks, and are kept when the process dies. write() and close() are for one thread.
class LineFile {
 public:
  static constexpr Duration kDelay = std::chrono::milliseconds(250);

  LineFile(OutputFile file, Clock& clock);

  /// Errors, of both: output_failed; a full disk may show later than in the write that filled it.
  Result<void> write(std::string_view line) INFLIGHT_EXCLUDES(mutex_);
  Result<void> close() INFLIGHT_EXCLUDES(mutex_);

 private:
  void hand_on() INFLIGHT_EXCLUDES(mutex_);

  Mutex mutex_;
  OutputFile file_ INFLIGHT_GUARDED_BY(mutex_);
  Result<void> handed_on_ INFLIGHT_GUARDED_BY(mutex_);  // a failure is told by the next write, or by close
  std::optional<Periodic> in_time_;                     // last: it uses all the others
};

}  // namespace inflight::media
