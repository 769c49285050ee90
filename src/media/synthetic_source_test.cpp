#include <gmock/gmock.h>

#include "media_test_kit.hpp"

namespace inflight::test {
namespace {

using testing::HasSubstr;

constexpr const char* kSpec = "synthetic:320x180,frames=20,fps=50,seed=7,objects=2";

TEST(SyntheticSource, DescribesItselfAsItWasAskedFor) {
  auto source = must_open(kSpec);
  EXPECT_EQ(source->info().name, kSpec);
  EXPECT_EQ(source->info().size, (Size{320, 180}));
  EXPECT_EQ(source->info().frames_per_second, 50);
  EXPECT_EQ(source->info().frames, 20U);
  Reading reading = read_all(*source);
  ASSERT_EQ(reading.frames.size(), 20U);
  EXPECT_EQ(reading.frames[19].timestamp, std::chrono::milliseconds(380));
}

TEST(SyntheticSource, IsTheSameEveryTimeAndAnotherForAnotherSeed) {
  Reading a = read_all(kSpec), b = read_all(kSpec);
  Reading other = read_all("synthetic:320x180,frames=20,fps=50,seed=8,objects=2");
  EXPECT_EQ(distance(a.frames[19], b.frames[19]), 0);
  EXPECT_GT(distance(a.frames[19], other.frames[19]), 0);
}

TEST(SyntheticSource, ShowsItsObjectsExactlyWhereTheTruthSays) {
  Reading reading = read_all("synthetic:321x181,frames=200,objects=1");
  for (const Frame& frame : reading.frames) {
    auto truth = synthetic_truth("synthetic:321x181,frames=200,objects=1", frame.id);
    ASSERT_EQ(truth.size(), 1U);
    EXPECT_EQ(truth[0].label, "object");
    EXPECT_EQ(truth[0].score, 1);
    const Box& box = truth[0].box;
    int left = static_cast<int>(box.left), top = static_cast<int>(box.top);
    int right = left + static_cast<int>(box.width) - 1, bottom = top + static_cast<int>(box.height) - 1;
    ASSERT_TRUE(left >= 0 && top >= 0 && right < 321 && bottom < 181) << frame.id;
    // The ground is between 96 and 150, the first object brighter than 200.
    ASSERT_GE(luma(frame, left, top), 200) << frame.id;
    ASSERT_GE(luma(frame, right, bottom), 200) << frame.id;
    if (left > 0) {
      ASSERT_LE(luma(frame, left - 1, top), 150) << frame.id;
    }
    if (bottom < 180) {
      ASSERT_LE(luma(frame, right, bottom + 1), 150) << frame.id;
    }
  }
}

TEST(SyntheticSource, MovesItsObjects) { EXPECT_NE(synthetic_truth(kSpec, 0), synthetic_truth(kSpec, 1)); }

TEST(SyntheticSource, RepeatsItsTruthWhereItIsLooped) {
  SourceOptions options;
  options.loop = 2;
  Reading reading = read_all(kSpec, options);
  ASSERT_EQ(reading.frames.size(), 40U);
  EXPECT_EQ(reading.frames[25].id, 25U);
  EXPECT_EQ(synthetic_truth(kSpec, 25), synthetic_truth(kSpec, 5));
  EXPECT_EQ(distance(reading.frames[25], reading.frames[5]), 0);
}

TEST(SyntheticSource, RunsWithoutEndUntilInterrupted) {
  auto source = must_open("synthetic:64x64,frames=0");
  EXPECT_EQ(source->info().frames, std::nullopt);
  Frame frame;
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(*source->read(frame));
  source->interrupt();
  EXPECT_FALSE(*source->read(frame));
}

TEST(SyntheticSource, NamesTheWrongPartOfASpec) {
  for (const char* part : {"640", "8x8", "640x", "axb", "99999x99999"}) {
    auto source = open_source(std::string("synthetic:") + part);
    ASSERT_FALSE(source) << part;
    EXPECT_EQ(source.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(source.error().message, HasSubstr(std::string("'") + part + "'"));
  }
  for (const char* part :
       {"frames=-1", "frames=", "fps=0", "fps=nan", "seed=x", "objects=-2", "objects=5x", "colour=1", ""}) {
    auto source = open_source(std::string("synthetic:64x64,") + part + ",frames=3");
    ASSERT_FALSE(source) << part;
    EXPECT_THAT(source.error().message, HasSubstr(std::string("'") + part + "'"));
  }
}

TEST(SyntheticTruth, IsEmptyForOtherSources) {
  EXPECT_TRUE(synthetic_truth(kVideo, 0).empty());
  EXPECT_TRUE(synthetic_truth("synthetic:wrong", 0).empty());
}

}  // namespace
}  // namespace inflight::test
