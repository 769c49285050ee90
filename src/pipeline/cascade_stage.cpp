#include "cascade_stage.hpp"

#include "steps.hpp"

namespace inflight {

Result<std::unique_ptr<CascadeStage>> CascadeStage::create(const RunParts& parts, Tally& tally, Answer answer) {
  InferQueueOptions options = queue_options(parts.options);
  options.requests = 0;
  options.dispatch = Dispatch::engine_thread;
  Result<InferQueue> queue = InferQueue::create(parts.cascade->model.model, options);
  if (!queue) return fail(std::move(queue.error()));
  std::unique_ptr<CascadeStage> stage(new CascadeStage(parts, tally, std::move(answer), std::move(*queue)));
  Result<Worker> worker = Worker::start("cascade", [self = stage.get()] { self->work(); });
  if (!worker) return fail(std::move(worker.error()));
  stage->worker_.emplace(std::move(*worker));
  return stage;
}

CascadeStage::CascadeStage(const RunParts& parts, Tally& tally, Answer answer, InferQueue queue)
    : cascade_(*parts.cascade),
      source_model_(model_of(cascade_, parts.models)),
      clock_(parts.clock()),
      answer_(std::move(answer)),
      queue_(std::move(queue)),
      preprocess_(tally.meter(Stage::preprocess, "cascade")),
      infer_(tally.meter(Stage::infer, "post")) {}

CascadeStage::~CascadeStage() { close(); }

std::size_t CascadeStage::begin(Job& job) {
  job.crops.clear();
  for (Detection& detection : detections_of(job.result, source_model_)) {
    detection.features.clear();  // of the frame that the job had before
    if (is_wanted(cascade_, detection)) job.crops.push_back({&detection, {}, {}});
  }
  std::size_t crops = job.crops.size();
  if (crops > 0) frames_.push(&job);  // as much room as there are jobs: never waits
  return crops;
}

void CascadeStage::work() {
  while (std::optional<Job*> job = frames_.pop()) {
    // Once the last crop is answered the job may be gone.
    auto crops = static_cast<std::uint32_t>((*job)->crops.size());
    for (std::uint32_t crop = 0; crop < crops; ++crop) {
      Result<void> started = start(**job, crop);
      if (started) continue;
      (*job)->crops[crop].outcome = fail(std::move(started.error()));
      answer_(**job, crop);
    }
  }
}

Result<void> CascadeStage::start(Job& job, std::uint32_t crop) {
  Result<InferQueue::Slot> slot = queue_.acquire();
  if (!slot) return fail(std::move(slot.error()));
  Picture window = cut_out(job.result.frame.picture(), job.crops[crop].detection->box);
  auto written = timed(preprocess_, clock_, job.result.frame.id,
                       [&] { return preprocess(*cascade_.model.preprocessor, window, slot->request()); });
  if (!written) return fail(std::move(written.error()));
  Result<Ticket> ticket = std::move(*slot).submit([this, &job, crop](Completed done) {
    job.crops[crop].outcome = std::move(done.outcome);
    job.crops[crop].slot = std::move(done.slot);
    answer_(job, crop);
  });
  if (!ticket) return fail(std::move(ticket.error()));
  return {};
}

Outcome CascadeStage::finish(Job& job, std::uint32_t crop) {
  CropPart& part = job.crops[crop];
  Outcome outcome = std::move(part.outcome);
  if (outcome) {
    infer_.record(outcome->infer_time);
    outcome = read_features(*cascade_.model.model, part.slot.request(), *part.detection);
  }
  part.slot = {};
  return outcome;
}

void CascadeStage::close() {
  frames_.close();
  worker_.reset();
  queue_.wait_all();
}

void CascadeStage::add_to(RunNumbers& numbers) const {
  numbers[Stage::preprocess].merge(preprocess_);
  numbers[Stage::infer].add(infer_);
  numbers.models.back().requests = queue_.stats().requests;
  numbers.models.back().infer.merge(infer_);
}

}  // namespace inflight
