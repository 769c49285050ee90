// Completions in any order in, results in frame order out.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace inflight {

struct Job;

/// For one source. Holds at most `window` jobs: as many as the source has credits for, so a slot is always free.
class Reorder {
 public:
  explicit Reorder(std::size_t window) : waiting_(window, nullptr) {}

  void put(Job& job, std::uint64_t sequence) noexcept { waiting_[sequence % waiting_.size()] = &job; }

  /// The job whose turn it is; nullptr if it has not come yet.
  Job* next() noexcept {
    Job*& turn = waiting_[next_ % waiting_.size()];
    if (!turn) return nullptr;
    ++next_;
    return std::exchange(turn, nullptr);
  }

 private:
  std::vector<Job*> waiting_;  // by sequence modulo the window
  std::uint64_t next_ = 0;
};

}  // namespace inflight
