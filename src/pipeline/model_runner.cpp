#include "model_runner.hpp"

#include <algorithm>

namespace inflight {

Result<std::unique_ptr<ModelRunner>> make_runner(ModelRunner::Context context) {
  switch (context.parts.options.strategy) {
    case Strategy::threads:
      return make_threads_runner(std::move(context));
    case Strategy::coroutines:
      return make_coroutines_runner(std::move(context));
    case Strategy::shared:
      break;
  }
  return make_shared_runner(std::move(context));
}

Result<InferQueue::Slot> ModelRunner::prepare_alone(Job& job, std::uint32_t model, InferQueue& queue,
                                                    StageMeter& meter) const {
  Result<InferQueue::Slot> slot = queue.acquire();
  if (!slot) return slot;
  auto transform = timed(meter, clock(), job.result.frame.id, [&] {
    return preprocess(models()[model].detector, job.result.frame.picture(), slot->request());
  });
  if (!transform) return fail(std::move(transform.error()));
  job.models[model].transform = *transform;
  return slot;
}

Result<std::vector<InferQueue>> make_queues(const RunParts& parts, int requests) {
  InferQueueOptions options = queue_options(parts.options);
  if (requests > 0) options.requests = requests;
  options.dispatch = Dispatch::engine_thread;  // the completion only hands the job on
  std::vector<InferQueue> queues;
  for (const PipelineModel& model : parts.models) {
    Result<InferQueue> queue = InferQueue::create(model.detector.model, options);
    if (!queue) return fail(std::move(queue.error()));
    queues.push_back(std::move(*queue));
  }
  return queues;
}

InferQueueStats total(const std::vector<InferQueue>& queues) {
  InferQueueStats sum;
  for (const InferQueue& queue : queues) {
    InferQueueStats stats = queue.stats();
    sum.requests += stats.requests;
    sum.in_flight += stats.in_flight;
  }
  return sum;
}

int most_requests(const std::vector<InferQueue>& queues) {
  int most = 1;
  for (const InferQueue& queue : queues) most = std::max(most, queue.stats().requests);
  return most;
}

bool are_all_below_optimum(const std::vector<InferQueue>& queues, const std::vector<PipelineModel>& models) {
  for (std::size_t i = 0; i < queues.size(); ++i)
    if (queues[i].stats().in_flight >= models[i].detector.model->optimal_requests()) return false;
  return true;
}

void count_requests(const std::vector<InferQueue>& queues, RunNumbers& numbers) {
  for (std::size_t model = 0; model < queues.size(); ++model)
    numbers.models[model].requests = queues[model].stats().requests;
}

}  // namespace inflight
