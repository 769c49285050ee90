#include "play_cursor.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace inflight::media {
namespace {

SourceOptions options(int loop, std::uint64_t start, std::uint64_t every, std::uint64_t limit) {
  SourceOptions made;
  made.loop = loop;
  made.start = start;
  made.every = every;
  made.limit = limit;
  return made;
}

/// How many frames a source of `pictures` pictures really gives, told by walking through it.
std::uint64_t walk(std::uint64_t pictures, const SourceOptions& with) {
  PlayCursor cursor(with);
  std::uint64_t given = 0;
  do {
    for (std::uint64_t i = 0; i < pictures && !cursor.done(); ++i) given += cursor.take() ? 1 : 0;
  } while (!cursor.done() && cursor.next_play());
  return given;
}

TEST(FramesGiven, IsWhatTheCursorGives) {
  for (std::uint64_t pictures : {0, 1, 7, 100}) {
    for (std::uint64_t start : {0, 1, 7, 99, 100, 101}) {
      for (std::uint64_t every : {1, 2, 7, 1000}) {
        for (std::uint64_t limit : {0, 1, 13}) {
          for (int loop : {1, 3}) {
            SourceOptions with = options(loop, start, every, limit);
            EXPECT_EQ(frames_given(pictures, with), walk(pictures, with))
                << pictures << " pictures, start " << start << ", every " << every << ", limit " << limit;
          }
        }
      }
    }
  }
}

TEST(FramesGiven, IsUnknownWhereItNeverEnds) {
  EXPECT_EQ(frames_given(10, options(0, 0, 1, 0)), std::nullopt);
  EXPECT_EQ(frames_given(10, options(0, 0, 1, 25)), 25U);
  EXPECT_EQ(frames_given(10, options(0, 10, 1, 25)), 0U);
}

TEST(PlayCursor, CountsOnInTheNextPlayButSkipsAnew) {
  PlayCursor cursor(options(2, 1, 2, 0));
  std::vector<std::uint64_t> given;
  for (int i = 0; i < 4; ++i) {
    if (cursor.take()) given.push_back(cursor.id());
  }
  ASSERT_TRUE(cursor.next_play());
  EXPECT_EQ(cursor.position(), 0U);
  for (int i = 0; i < 4; ++i) {
    if (cursor.take()) given.push_back(cursor.id());
  }
  EXPECT_EQ(given, (std::vector<std::uint64_t>{1, 3, 5, 7}));
  EXPECT_FALSE(cursor.next_play());
}

TEST(CheckOptions, NamesTheOneThatIsWrong) {
  EXPECT_TRUE(check_options({}));
  SourceOptions threads;
  threads.decode_threads = -1;
  EXPECT_NE(check_options(threads).error().message.find("decode_threads"), std::string::npos);
  EXPECT_NE(check_options(options(-1, 0, 1, 0)).error().message.find("loop"), std::string::npos);
  EXPECT_EQ(check_options(options(1, 0, 0, 0)).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace inflight::media
