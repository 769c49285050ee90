#include "line_file.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "media_test_kit.hpp"

namespace inflight::media {
namespace {

using test::Folder;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(LineFile, HandsOnInTimeWhatNothingFollows) {
  Folder folder;
  VirtualClock clock;
  LineFile file(OutputFile::open(folder / "lines").value(), clock);
  ASSERT_TRUE(file.write("one\n"));
  EXPECT_EQ(text_of(folder / "lines"), "") << "a fast source must not pay for every line";
  while (text_of(folder / "lines").empty()) {  // on a thread of its own, once it waits for its time
    clock.advance(LineFile::kDelay);
    std::this_thread::yield();
  }
  EXPECT_EQ(text_of(folder / "lines"), "one\n");
  ASSERT_TRUE(file.write("two\n"));
  ASSERT_TRUE(file.close());
  EXPECT_EQ(text_of(folder / "lines"), "one\ntwo\n");
}

TEST(LineFile, TellsWhatCouldNotBeHandedOn) {
  Folder folder;
  VirtualClock clock;
  // A device is written to at once, so this one has no thread; its failures come with the write.
  LineFile full(OutputFile::open("/dev/full").value(), clock);
  Result<void> written = full.write("one\n");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::output_failed);
}

}  // namespace
}  // namespace inflight::media
