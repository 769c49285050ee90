// Several models for every frame, whichever way they share the machine; and cascades.
#include <random>

#include "pipeline_test_kit.hpp"
#include "steps.hpp"

namespace inflight::test {
namespace {

struct Way {
  const char* name;
  Api api;
  Strategy strategy = Strategy::shared;
};

const std::vector<Way> kWays{{"sync", Api::sync},
                             {"shared", Api::async, Strategy::shared},
                             {"threads", Api::async, Strategy::threads},
                             {"coroutines", Api::async, Strategy::coroutines}};

DetectorOptions on_clock(Clock& clock) {
  DetectorOptions options;
  options.compile.clock = &clock;
  return options;
}

/// What each model said, by its name, of each frame in order.
using Said = std::vector<std::map<std::string, std::vector<Detection>>>;

class SeveralModels : public ::testing::TestWithParam<Way> {
 protected:
  SeveralModels() { driver = clock.drive(2); }

  Detector detector(const std::string& device) {
    auto made = make_detector("model", device, on_clock(clock));
    if (!made) ADD_FAILURE() << made.error().message;
    return made ? *made : Detector{};
  }
  PipelineModel model(const std::string& name, const std::string& device) { return {name, detector(device)}; }

  PipelineOptions options() {
    PipelineOptions options;
    options.api = GetParam().api;
    options.strategy = GetParam().strategy;
    options.clock = &clock;
    return options;
  }

  /// Three that differ in speed and in size of their input, so in what they say.
  std::vector<PipelineModel> three(const std::string& script = "") {
    std::vector<PipelineModel> models;
    models.push_back(model("quick", "sim:latency=0ms..2ms,lanes=2,seed=3,input=1x3x64x64"));
    models.push_back(model("slow", "sim:latency=1ms..9ms,lanes=2,seed=4,input=1x3x48x96" + script));
    models.push_back(model("wide", "sim:latency=1ms..3ms,lanes=3,seed=5,input=1x3x32x128"));
    return models;
  }

  RunSummary run(Pipeline& pipeline, std::shared_ptr<Record> record) {
    pipeline.on_result([this](const FrameResult& result) {
      auto& frame = said.emplace_back();
      for (const ModelResult& model : result.models) frame[model.model] = model.detections;
      top_level += result.detections.size();
    });
    pipeline.add_sink(recording(std::move(record)));
    return finish_run(pipeline);
  }

  VirtualClock clock;
  std::shared_ptr<void> driver;
  Said said;
  std::size_t top_level = 0;
};

TEST_P(SeveralModels, SayTheSameAsEachAlone) {
  auto record = std::make_shared<Record>();
  Pipeline together(three(), options());
  together.add_source(synthetic(60));
  expect_accounted(run(together, record), *record);
  EXPECT_EQ(ids(record->all), first(60));
  EXPECT_EQ(top_level, 0U) << "what one model said must not pass for what all said";
  Said all = std::exchange(said, {});
  ASSERT_EQ(all.size(), 60U);
  for (PipelineModel& model : three()) {
    PipelineOptions alone = options();
    alone.api = Api::sync;
    Pipeline pipeline(std::move(model.detector), alone);
    pipeline.add_source(synthetic(60));
    std::size_t frame = 0, detections = 0;
    pipeline.on_result([&](const FrameResult& result) {
      EXPECT_EQ(all[frame++].at(model.name), result.detections) << model.name;
      detections += result.detections.size();
    });
    finish_run(pipeline);
    EXPECT_GT(detections, 0U);
  }
}

TEST_P(SeveralModels, FailAFrameTogetherAndSayWhichOneDid) {
  auto record = std::make_shared<Record>();
  Pipeline pipeline(three(",fail=0;7;8"), options());
  pipeline.add_source(synthetic(40));
  RunSummary summary = run(pipeline, record);
  expect_accounted(summary, *record);
  EXPECT_EQ(summary.frames.failed["engine_failed"], 3U);
  for (const Seen& seen : record->all) {
    bool named = seen.reason.find("slow: ") != std::string::npos;
    EXPECT_EQ(named, seen.status == FrameStatus::failed) << seen.id;
  }
  EXPECT_EQ(ids(record->all), first(40));
}

TEST_P(SeveralModels, KeepOrderAndAccountsWhateverFails) {
  for (int seed = 1; seed <= 12; ++seed) {
    std::string failing = ",fail_rate=0.2,seed=" + std::to_string(seed);
    std::vector<PipelineModel> models;
    models.push_back(model("a", "sim:latency=0ms..5ms,lanes=3,input=1x3x64x64" + failing));
    models.push_back(model("b", "sim:latency=0ms..5ms,lanes=2,input=1x3x32x32" + failing));
    Pipeline pipeline(std::move(models), options());
    auto record = std::make_shared<Record>();
    for (int source = 0; source < 3; ++source) pipeline.add_source(synthetic(25, seed + source));
    expect_accounted(run(pipeline, record), *record);
    expect_in_order(*record, 3);
    EXPECT_GT(record->count(FrameStatus::failed), 0U);
    said.clear();
  }
}

TEST_P(SeveralModels, AreToldApartInTheSummary) {
  auto record = std::make_shared<Record>();
  Pipeline pipeline(three(), options());
  pipeline.add_source(synthetic(30));
  RunSummary summary = run(pipeline, record);
  ASSERT_EQ(summary.models.size(), 3U);
  EXPECT_EQ(summary.models[1].name, "slow");
  for (const ModelSummary& model : summary.models) EXPECT_EQ(model.inferences, 30U) << model.name;
  EXPECT_GT(summary.models[1].infer_s, summary.models[0].infer_s);
  EXPECT_EQ(summary.engine.device, summary.models[0].engine.device);
}

/// Counts pictures; alike wherever the recipe is.
class CountingPreprocessor final : public Preprocessor {
 public:
  CountingPreprocessor(std::shared_ptr<Preprocessor> inner, std::string recipe, std::shared_ptr<Counter> count)
      : inner_(std::move(inner)), recipe_(std::move(recipe)), count_(std::move(count)) {}
  Result<SourceTransform> run(const Picture& picture, TensorView input) override {
    count_->add();
    return inner_->run(picture, input);
  }
  std::string recipe() const override { return recipe_; }

 private:
  std::shared_ptr<Preprocessor> inner_;
  std::string recipe_;
  std::shared_ptr<Counter> count_;
};

TEST(SharedPreprocessing, IsDoneOnceForModelsThatWantTheSame) {
  for (bool alike : {true, false}) {
    Simulation simulation("sim:latency=1ms,input=1x3x64x64");
    auto count = std::make_shared<Counter>();
    std::vector<PipelineModel> models;
    for (std::string name : {"a", "b", "c"}) {
      auto made = make_detector("model", "sim:latency=1ms,input=1x3x64x64", on_clock(simulation.clock));
      std::string recipe = alike ? "one" : name;
      made->preprocessor = std::make_shared<CountingPreprocessor>(made->preprocessor, recipe, count);
      models.push_back({name, *made});
    }
    Pipeline pipeline(std::move(models), simulation.options);
    pipeline.add_source(synthetic(20));
    std::size_t same = 0;
    pipeline.on_result([&](const FrameResult& r) { same += r.models[0].detections == r.models[2].detections ? 1 : 0; });
    finish_run(pipeline);
    EXPECT_EQ(count->count(), alike ? 20U : 60U);
    EXPECT_EQ(same, 20U) << "the same bytes, the same answers";
  }
}

TEST(SharedScheduler, RunsNoMoreInferencesSideBySideThanAllowed) {
  Simulation simulation;
  struct Watch {
    std::atomic<int> running = 0, most = 0;
  } watch;
  class Watched final : public CompiledModel {
   public:
    Watched(std::shared_ptr<CompiledModel> inner, Watch& watch) : inner_(std::move(inner)), watch_(watch) {}
    const ModelInfo& info() const noexcept override { return inner_->info(); }
    RuntimeInfo runtime() const override { return inner_->runtime(); }
    int optimal_requests() const noexcept override { return inner_->optimal_requests(); }
    Result<std::unique_ptr<InferRequest>> create_request() override {
      return std::make_unique<Request>(inner_->create_request().value(), watch_);
    }

   private:
    class Request final : public InferRequest {
     public:
      Request(std::unique_ptr<InferRequest> inner, Watch& watch) : inner_(std::move(inner)), watch_(watch) {}
      Result<TensorView> input(std::size_t port) override { return inner_->input(port); }
      Result<void> set_input(std::size_t port, TensorView data) override { return inner_->set_input(port, data); }
      Result<TensorView> output(std::size_t port) override { return inner_->output(port); }
      void cancel() noexcept override { inner_->cancel(); }
      Result<void> start(Done done) override {
        int now = ++watch_.running;
        for (int most = watch_.most; now > most && !watch_.most.compare_exchange_weak(most, now);) {
        }
        done_ = std::move(done);
        return inner_->start([this](Outcome outcome) {
          --watch_.running;
          std::exchange(done_, {})(std::move(outcome));
        });
      }

     private:
      std::unique_ptr<InferRequest> inner_;
      Watch& watch_;
      Done done_;
    };
    std::shared_ptr<CompiledModel> inner_;
    Watch& watch_;
  };
  std::vector<PipelineModel> models;
  for (std::string name : {"a", "b", "c", "d"}) {
    auto made = make_detector("model", "sim:latency=1ms..5ms,lanes=4,input=1x3x64x64", on_clock(simulation.clock));
    made->model = std::make_shared<Watched>(made->model, watch);
    models.push_back({name, *made});
  }
  PipelineOptions options = simulation.options;
  options.max_running = 3;
  Pipeline pipeline(std::move(models), options);
  pipeline.add_source(synthetic(80));
  EXPECT_EQ(finish_run(pipeline).frames.emitted, 80U);
  EXPECT_EQ(watch.most, 3) << "and no fewer: with four models there is always one that waits";
}

TEST(ModelNames, MustDiffer) {
  Simulation simulation;
  Pipeline pipeline({{"twin", simulation.detector}, {"twin", simulation.detector}}, simulation.options);
  pipeline.add_source(synthetic(1));
  Result<RunSummary> summary = pipeline.run();
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(summary.error().message, ::testing::HasSubstr("\"twin\""));
}

INSTANTIATE_TEST_SUITE_P(, SeveralModels, ::testing::ValuesIn(kWays), [](const auto& way) { return way.param.name; });

// ---- cascades ----

class CascadeTest : public SeveralModels {
 protected:
  Cascade cascade(const std::string& device = "sim:latency=1ms..4ms,lanes=2,seed=9,input=1x3x32x16") {
    CompileOptions compile;
    compile.clock = &clock;
    auto made = make_feature_model("reid", device, compile);
    if (!made) ADD_FAILURE() << made.error().message;
    return {"reid", made ? *made : FeatureModel{}, "", {}};
  }

  std::vector<std::vector<Detection>> detections(Pipeline& pipeline, RunSummary* summary = nullptr) {
    std::vector<std::vector<Detection>> all;
    pipeline.add_source(synthetic(50));
    pipeline.on_result([&](const FrameResult& result) { all.push_back(result.detections); });
    RunSummary ended = finish_run(pipeline);
    if (summary) *summary = std::move(ended);
    return all;
  }
  Detector people() { return detector("sim:latency=0ms..5ms,lanes=3,seed=2,input=1x3x64x64"); }
};

TEST_P(CascadeTest, AttachesFeaturesToEachDetection) {
  Pipeline plain(people(), options());
  auto expected = detections(plain);
  Pipeline pipeline(people(), options());
  pipeline.set_cascade(cascade());
  RunSummary summary;
  auto all = detections(pipeline, &summary);
  ASSERT_EQ(all.size(), expected.size());
  std::size_t crops = 0;
  for (std::size_t frame = 0; frame < all.size(); ++frame) {
    for (Detection& detection : all[frame]) {
      EXPECT_EQ(detection.features.size(), 28U) << "four rows of seven numbers";
      detection.features.clear();
      ++crops;
    }
    EXPECT_EQ(all[frame], expected[frame]) << "nothing else about it changes";
  }
  EXPECT_GT(crops, 0U);
  EXPECT_EQ(summary.models.back().name, "reid");
  EXPECT_EQ(summary.models.back().inferences, crops);
}

TEST_P(CascadeTest, SaysTheSameAsTheSynchronousRun) {
  PipelineOptions one_by_one = options();
  one_by_one.api = Api::sync;
  Pipeline reference(people(), one_by_one);
  reference.set_cascade(cascade());
  Pipeline pipeline(people(), options());
  pipeline.set_cascade(cascade("BATCH:sim:latency=1ms..4ms,per_item=1ms,lanes=2,input=1x3x32x16(4)"));
  auto expected = detections(reference);
  auto all = detections(pipeline);
  EXPECT_EQ(all, expected);
  EXPECT_NE(expected[0][0].features, expected[1][0].features) << "or sameness would say nothing";
}

TEST_P(CascadeTest, TakesOnlyTheLabelsItIsMeantFor) {
  Pipeline pipeline(people(), options());
  Cascade picky = cascade();
  picky.labels = {"no such label"};
  pipeline.set_cascade(std::move(picky));
  RunSummary summary;
  for (const auto& frame : detections(pipeline, &summary))
    for (const Detection& detection : frame) EXPECT_TRUE(detection.features.empty());
  EXPECT_EQ(summary.models.back().inferences, 0U);
  EXPECT_EQ(summary.frames.emitted, 50U);
}

/// Gives every second detection another label, beginning with another one in every frame.
class Relabel final : public Postprocessor {
 public:
  explicit Relabel(std::shared_ptr<Postprocessor> inner) : inner_(std::move(inner)) {}
  Result<void> run(std::span<const TensorView> outputs, const SourceTransform& transform,
                   std::vector<Detection>& detections) const override {
    Result<void> done = inner_->run(outputs, transform, detections);
    int next = frames_++;
    for (Detection& detection : detections) detection.label = next++ % 2 == 0 ? "person" : "car";
    return done;
  }

 private:
  std::shared_ptr<Postprocessor> inner_;
  mutable std::atomic<int> frames_ = 0;
};

TEST_P(CascadeTest, LeavesNoFeaturesOfAnEarlierFrameOnOtherLabels) {
  Detector mixed = people();
  mixed.postprocessor = std::make_shared<Relabel>(mixed.postprocessor);
  Pipeline pipeline(mixed, options());
  Cascade only = cascade();
  only.labels = {"person"};
  pipeline.set_cascade(std::move(only));
  std::size_t people = 0, cars = 0;
  for (const auto& frame : detections(pipeline))
    for (const Detection& detection : frame) {
      EXPECT_EQ(detection.features.empty(), detection.label == "car");
      ++(detection.label == "car" ? cars : people);
    }
  EXPECT_GT(people, 0U);
  EXPECT_GT(cars, 0U);
}

TEST_P(CascadeTest, FailsTheFramesWhoseCropsFailed) {
  Pipeline pipeline(people(), options());
  pipeline.set_cascade(cascade("sim:latency=1ms,lanes=2,input=1x3x32x16,fail=2;9"));
  RunSummary summary;
  detections(pipeline, &summary);
  EXPECT_TRUE(summary.frames.adds_up());
  EXPECT_GE(summary.frames.failed["engine_failed"], 1U);
  EXPECT_LE(summary.frames.failed["engine_failed"], 2U);
}

TEST_P(CascadeTest, FollowsTheModelItNames) {
  std::vector<PipelineModel> models = three();
  Pipeline pipeline(std::move(models), options());
  Cascade second = cascade();
  second.of = "slow";
  pipeline.set_cascade(std::move(second));
  std::size_t of_slow = 0, of_others = 0;
  pipeline.add_source(synthetic(20));
  pipeline.on_result([&](const FrameResult& result) {
    for (const ModelResult& model : result.models)
      for (const Detection& detection : model.detections)
        (model.model == "slow" ? of_slow : of_others) += detection.features.size();
  });
  finish_run(pipeline);
  EXPECT_GT(of_slow, 0U);
  EXPECT_EQ(of_others, 0U);
}

INSTANTIATE_TEST_SUITE_P(, CascadeTest, ::testing::ValuesIn(kWays), [](const auto& way) { return way.param.name; });

TEST(CutOut, IsAWindowIntoThePictureAtEvenPixels) {
  Frame frame = Frame::allocate({64, 48});
  const Picture& picture = frame.picture();
  Picture crop = cut_out(picture, {11, 7, 20.4F, 10});
  EXPECT_EQ(crop.size, (Size{21, 11}));
  EXPECT_EQ(crop.planes[0].data, picture.planes[0].data + 6 * picture.planes[0].stride + 10);
  EXPECT_EQ(crop.planes[1].data, picture.planes[1].data + 3 * picture.planes[1].stride + 5);
}

TEST(CutOut, NeverReachesBeyondThePicture) {
  Frame frame = Frame::allocate({64, 48});
  EXPECT_EQ(cut_out(frame.picture(), {-10, -10, 1000, 1000}).size, (Size{64, 48}));
  EXPECT_EQ(cut_out(frame.picture(), {200, 200, 10, 10}).size, (Size{2, 2}));
  EXPECT_EQ(cut_out(frame.picture(), {63, 47, 0, 0}).size, (Size{2, 2}));
}

}  // namespace
}  // namespace inflight::test
