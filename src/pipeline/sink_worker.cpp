#include "sink_worker.hpp"

#include <utility>

#include "steps.hpp"

namespace inflight {

SinkWorker::SinkWorker(std::unique_ptr<Sink> sink, StageMeter meter, Handlers handlers)
    : sink_(std::move(sink)), handlers_(std::move(handlers)), meter_(std::move(meter)) {}

Result<void> SinkWorker::start() {
  Result<Worker> worker = Worker::start("sink", [this] { work(); });
  if (worker) {
    worker_.emplace(std::move(*worker));
    return {};
  }
  Error why = std::move(worker.error());
  if (Result<void> finished = finish(*sink_); !finished) why.message += "; " + finished.error().message;
  done_ = true;
  return fail(std::move(why));
}

void SinkWorker::work() {
  while (std::optional<Job*> job = queue_.pop()) {
    if (!failed_)
      report(timed(meter_, handlers_.clock, (*job)->result.frame.id, [&] { return write(*sink_, (*job)->result); }));
    if (!charged_) charged_ = (*job)->lane;
    weigh(sink_->bytes_held());  // before the job's own credit goes, so that no frame slips in between
    handlers_.release(**job);
  }
  report(finish(*sink_));
  weigh(0);
  done_ = true;
}

void SinkWorker::weigh(std::size_t now) {
  if (charged_ && now != kept_) handlers_.keeps(*charged_, std::exchange(kept_, now), now);
}

void SinkWorker::report(const Result<void>& result) {
  if (result || failed_) return;
  failed_ = true;
  handlers_.failed(result.error());
}

}  // namespace inflight
