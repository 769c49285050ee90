#include "line_file.hpp"

namespace inflight::media {

LineFile::LineFile(OutputFile file, Clock& clock) : file_(std::move(file)) {
  if (!file_.is_watched()) in_time_.emplace("lines", clock, kDelay, [this] { hand_on(); });
}

Result<void> LineFile::write(std::string_view line) {
  MutexLock lock(mutex_);
  if (!handed_on_) return handed_on_;
  return file_.write(line);
}

Result<void> LineFile::close() {
  in_time_.reset();
  MutexLock lock(mutex_);
  Result<void> closed = file_.close();
  return handed_on_ ? closed : handed_on_;
}

void LineFile::hand_on() {
  MutexLock lock(mutex_);
  if (handed_on_) handed_on_ = file_.flush();
}

}  // namespace inflight::media
