#include "lane.hpp"

#include <algorithm>

#include "steps.hpp"

namespace inflight {

Lane::Lane(SourceId source, SourceEntry source_entry, std::size_t jobs_at_most, StageMeter meter)
    : id(source),
      entry(std::move(source_entry)),
      most_jobs(jobs_at_most),
      credits(0, 1),  // until the budget is shared out
      free(jobs_at_most),
      decode(std::move(meter)),
      reorder(jobs_at_most) {}

void Lane::provide(std::size_t frames, const std::vector<PipelineModel>& models) {
  // Frames that were dropped hold no credit, but a place in the order.
  std::size_t wanted = drops() ? most_jobs : std::min(frames, most_jobs);
  while (jobs.size() < wanted) {
    auto& job = jobs.emplace_back(std::make_unique<Job>());
    job->lane = this;
    job->models.resize(models.size());
    name_results(job->result, models);
    free.push(job.get());
  }
}

void Lane::remove() noexcept {
  removed = true;
  credits.close();
  if (entry.source) entry.source->interrupt();
}

}  // namespace inflight
