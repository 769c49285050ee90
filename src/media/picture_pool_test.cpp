#include "picture_pool.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

#include "presentation_clock.hpp"

namespace inflight::media {
namespace {

TEST(PicturePool, GivesRowsThatLieApartAndInside) {
  PicturePool pool;
  Frame frame = pool.allocate({33, 17}, {ColorMatrix::bt709, ColorRange::full});
  const Picture& picture = frame.picture();
  EXPECT_EQ(picture.matrix, ColorMatrix::bt709);
  EXPECT_EQ(picture.range, ColorRange::full);
  EXPECT_GE(picture.planes[0].stride, 33);
  EXPECT_GE(picture.planes[1].stride, 17);
  EXPECT_GE(picture.planes[1].data - picture.planes[0].data, picture.planes[0].stride * 17);
  EXPECT_GE(picture.planes[2].data - picture.planes[1].data, picture.planes[1].stride * 9);
}

TEST(PicturePool, UsesAsManySlotsAsFramesAreOut) {
  PicturePool pool;
  std::set<const void*> seen;
  for (int round = 0; round < 20; ++round) {
    std::vector<Frame> out;
    for (int i = 0; i < 3; ++i) out.push_back(pool.allocate({64, 64}, {}));
    for (const Frame& frame : out) seen.insert(frame.picture().planes[0].data);
  }
  EXPECT_EQ(seen.size(), 3U);
}

TEST(PicturePool, LetsFramesOutliveIt) {
  Frame kept, returned;
  {
    PicturePool pool;
    kept = pool.allocate({64, 64}, {});
    returned = pool.allocate({64, 64}, {});
    returned = Frame();
  }
  kept.picture().planes[0].data[0] = 7;
  Frame copy = kept;
  kept = Frame();
  EXPECT_EQ(copy.picture().planes[0].data[0], 7);
}

TEST(PicturePool, TakesFramesBackFromAnyThread) {
  PicturePool pool;
  std::vector<std::thread> users;
  std::vector<Frame> hands(4);
  for (int round = 0; round < 200; ++round) {
    for (Frame& hand : hands) {
      hand = pool.allocate({32, 32}, {});
      hand.picture().planes[0].data[0] = 1;
    }
    for (Frame& hand : hands) {
      users.emplace_back([frame = std::move(hand)]() mutable {
        frame.picture().planes[0].data[0]++;
        frame = Frame();
      });
    }
    if (round % 20 == 19) {
      for (std::thread& user : users) user.join();
      users.clear();
    }
  }
}

constexpr AVRational kMilliseconds{1, 1000};
constexpr Duration kStep = std::chrono::milliseconds(40);

TEST(PresentationClock, StartsAtZeroWhateverTheFirstStamp) {
  PresentationClock clock(kMilliseconds, kStep);
  EXPECT_EQ(clock.stamp(5000), Duration(0));
  EXPECT_EQ(clock.stamp(5100), std::chrono::milliseconds(100));
}

TEST(PresentationClock, CountsStepsWhereStampsAreMissing) {
  PresentationClock clock(kMilliseconds, kStep);
  EXPECT_EQ(clock.stamp(AV_NOPTS_VALUE), Duration(0));
  EXPECT_EQ(clock.stamp(AV_NOPTS_VALUE), kStep);
}

TEST(PresentationClock, GoesOnOverJumpsBackAndRestarts) {
  PresentationClock clock(kMilliseconds, kStep);
  clock.stamp(0);
  EXPECT_EQ(clock.stamp(1000), std::chrono::milliseconds(1000));
  EXPECT_EQ(clock.stamp(10), std::chrono::milliseconds(1040));
  EXPECT_EQ(clock.stamp(60), std::chrono::milliseconds(1090));
  clock.restart();
  EXPECT_EQ(clock.stamp(0), std::chrono::milliseconds(1130));
  EXPECT_EQ(clock.stamp(40), std::chrono::milliseconds(1170));
}

}  // namespace
}  // namespace inflight::media
