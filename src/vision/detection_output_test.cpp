#include "detection_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "test_outputs.hpp"

namespace inflight {
namespace {

using ::testing::ElementsAre;

const SourceTransform kSame = make_transform({100, 100}, {100, 100}, ResizeMode::stretch);

TEST(DetectionOutput, TakesTheFirstImageOfABatch) {
  Tensor batch = testing::output_of(ElementType::f32, {2, 3, 4});
  TensorView view = batch;
  auto output = pick_output({&view, 1}, 0);
  EXPECT_EQ(output->rows, 3U);
  EXPECT_EQ(output->columns, 4U);
}

TEST(DetectionOutput, AnEmptyTensorHasNoRows) {
  TensorView view(nullptr, ElementType::f32, {0, 3, 4});
  EXPECT_EQ(pick_output({&view, 1}, 0)->rows, 0U);
}

TEST(DetectionOutput, HalvesAndFloatsReadAlike) {
  for (ElementType type : {ElementType::f32, ElementType::f16}) {
    Tensor tensor = testing::output_of(type, {2, 2}, {1, 2, 3, 4.5F});
    visit_rows({tensor, 2, 2}, [](auto rows) {
      EXPECT_EQ(to_float(rows[0][1]), 2);
      EXPECT_EQ(to_float(rows[1][1]), 4.5F);
    });
  }
}

TEST(DetectionOutput, CandidatesAreFiniteAndHaveAnArea) {
  std::vector<Candidate> candidates;
  for (Edges box : {Edges{0, 0, 0, 5}, Edges{5, 0, 4, 5}, Edges{NAN, 0, 4, 5}, Edges{0, 0, INFINITY, 5}}) {
    add_candidate(candidates, {box, 0.5F, 0, 0});
  }
  add_candidate(candidates, {{0, 0, 1, 1}, NAN, 0, 0});
  EXPECT_TRUE(candidates.empty());
  add_candidate(candidates, {{0, 0, 1, 1}, 1.004F, 0, 0});
  EXPECT_EQ(candidates.at(0).score, 1);
}

TEST(DetectionOutput, ClassesWithoutANameAreLabelledByTheirNumber) {
  std::vector<Candidate> candidates{{{0, 0, 9, 9}, 0.9F, 1, 0}, {{0, 0, 9, 9}, 0.8F, 0, 1}, {{0, 0, 9, 9}, 0.7F, 2, 2}};
  std::vector<std::string> labels{"cat", ""};
  std::vector<Detection> detections;
  to_detections(candidates, kSame, labels, detections);
  std::vector<std::string> names;
  for (const Detection& d : detections) names.push_back(d.label);
  EXPECT_THAT(names, ElementsAre("1", "cat", "2"));
}

TEST(DetectionOutput, ReplacesWhatWasThere) {
  std::vector<Detection> detections(5);
  to_detections({}, kSame, {}, detections);
  EXPECT_TRUE(detections.empty());
}

}  // namespace
}  // namespace inflight
