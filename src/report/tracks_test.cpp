#include "tracks.hpp"

#include <gtest/gtest.h>

#include "example_timeline.hpp"

namespace inflight::report {
namespace {

TEST(TrackRows, PutWhatOverlapsBelowEachOther) {
  TrackRows rows;
  EXPECT_EQ(rows.place(milliseconds(0), milliseconds(10)), 0U);
  EXPECT_EQ(rows.place(milliseconds(5), milliseconds(8)), 1U);
  EXPECT_EQ(rows.place(milliseconds(8), milliseconds(20)), 1U) << "it ends where the next begins";
  EXPECT_EQ(rows.place(milliseconds(10), milliseconds(11)), 0U);
  EXPECT_EQ(rows.count(), 2U);
}

/// Requests that complete one after the other, with the sizes of the batches they were in.
Timeline with_batches(const std::vector<int>& sizes) {
  Timeline timeline;
  timeline.devices = {"BATCH:ov:CPU"};
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    TimelineRequest request;
    request.number = i;
    request.submitted = milliseconds(i);
    request.completed = milliseconds(i + 100);
    request.batch = sizes[i];
    timeline.requests.push_back(request);
  }
  return timeline;
}

TEST(Batches, AreAsManyRequestsAsTheirSizeSays) {
  const std::vector<Batch> batches = batches_of(with_batches({2, 2, 2, 2, 1, 3, 3, 3}));
  ASSERT_EQ(batches.size(), 3U);
  EXPECT_EQ(batches[0].first, 0U);
  EXPECT_EQ(batches[1].first, 2U);
  EXPECT_EQ(batches[1].begin, milliseconds(2));
  EXPECT_EQ(batches[1].end, milliseconds(103));
  EXPECT_EQ(batches[2].size, 3);
}

TEST(Batches, OfWhichSomeWasLeftOutStillStand) {
  EXPECT_EQ(batches_of(with_batches({4, 4, 2, 2})).size(), 2U);
  EXPECT_EQ(batches_of(with_batches({4, 4})).size(), 1U);
}

TEST(Batches, OfOneAreNone) { EXPECT_TRUE(batches_of(example_timeline()).empty()); }

}  // namespace
}  // namespace inflight::report
