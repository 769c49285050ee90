// Standard input and named pipes as sources.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stop_token>
#include <thread>

#include "media_test_kit.hpp"

namespace inflight::test {
namespace {

using testing::HasSubstr;

/// A pipe in the place of this process's standard input.
class InputPipe {
 public:
  InputPipe() : before_(::dup(STDIN_FILENO)) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    ::dup2(ends[0], STDIN_FILENO);
    ::close(ends[0]);
    writer_ = ends[1];
  }
  ~InputPipe() {
    close();
    ::dup2(before_, STDIN_FILENO);
    ::close(before_);
  }
  InputPipe(const InputPipe&) = delete;
  InputPipe& operator=(const InputPipe&) = delete;

  void write(const std::string& bytes) const {
    for (std::size_t done = 0; done < bytes.size();) {
      ssize_t written = ::write(writer_, bytes.data() + done, bytes.size() - done);
      if (written <= 0) return;
      done += static_cast<std::size_t>(written);
    }
  }
  void close() {
    if (writer_ >= 0) ::close(writer_);
    writer_ = -1;
  }

 private:
  int before_;
  int writer_ = -1;
};

std::string some_video(const Folder& folder) {
  EXPECT_TRUE(write_video("synthetic:160x120,frames=30,fps=25", folder / "a.mkv"));
  return contents(folder / "a.mkv");
}

TEST(StandardInput, IsReadForwardAndOnlyOnce) {
  Folder folder;
  std::string video = some_video(folder);
  for (const char* spec : {"-", "pipe:", "pipe:0"}) {
    InputPipe input;
    std::thread writer([&] {
      input.write(video);
      input.close();
    });
    auto source = must_open(spec);
    ASSERT_TRUE(source);
    EXPECT_EQ(source->info().name, "standard input");
    EXPECT_FALSE(source->is_live()) << "whoever writes waits for whoever reads";
    Reading reading = read_all(*source);
    writer.join();
    EXPECT_FALSE(reading.failed) << reading.error.message;
    EXPECT_EQ(reading.frames.size(), 30U);
    auto again = open_source(spec);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::unreadable_input);
    EXPECT_THAT(again.error().message, HasSubstr("standard input: it was read already"));
  }
}

TEST(StandardInput, CannotBePlayedTwice) {
  Folder folder;
  InputPipe input;
  std::thread writer([&, video = some_video(folder)] {
    input.write(video);
    input.close();
  });
  SourceOptions twice;
  twice.loop = 2;
  Reading reading = read_all("-", twice);
  writer.join();
  EXPECT_EQ(reading.frames.size(), 30U);
  EXPECT_TRUE(reading.failed);
  EXPECT_THAT(reading.error.message, HasSubstr("standard input: cannot be played again"));
}

TEST(StandardInput, ThatKeepsItsReaderWaitingIsInterrupted) {
  Folder folder;
  std::string video = some_video(folder);
  InputPipe input;
  std::thread writer([&] { input.write(video); });  // and it stays open
  auto source = must_open("-");
  ASSERT_TRUE(source);
  std::thread other([&] { source->interrupt(); });
  Frame frame;
  Result<bool> more = true;
  while (more && *more) more = source->read(frame);  // would never come back
  other.join();
  source.reset();
  writer.join();
  EXPECT_TRUE(more) << more.error().message;
}

TEST(StandardInput, IsGivenUpWhileItIsOpenedWhenAsked) {
  InputPipe input;
  std::stop_source stop;
  SourceOptions options;
  options.stop_opening = stop.get_token();
  std::thread other([&] { stop.request_stop(); });
  auto source = open_source("-", options);  // would never come back
  other.join();
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::cancelled);
}

TEST(StandardInput, MayBeAFileWhichIsThenReadInAnyOrder) {
  Folder folder;
  ASSERT_TRUE(write_video("synthetic:160x120,frames=30,fps=25", folder / "a.avi"));
  int before = ::dup(STDIN_FILENO), file = ::open((folder / "a.avi").c_str(), O_RDONLY | O_CLOEXEC);
  ::dup2(file, STDIN_FILENO);
  SourceOptions twice;
  twice.loop = 2;
  Reading reading = read_all("-", twice);
  ::dup2(before, STDIN_FILENO);
  ::close(before);
  ::close(file);
  EXPECT_FALSE(reading.failed) << reading.error.message;
  EXPECT_EQ(reading.frames.size(), 60U);
}

TEST(NamedPipe, IsReadForwardAndInterrupted) {
  Folder folder;
  std::string video = some_video(folder), path = folder / "pipe.mkv";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::thread writer([&] { store(path, video); });  // waits for somebody to read
  EXPECT_EQ(read_all(path).frames.size(), 30U);
  writer.join();

  std::stop_source stop;
  SourceOptions options;
  options.stop_opening = stop.get_token();
  std::thread other([&] { stop.request_stop(); });
  auto source = open_source(path, options);  // nobody writes
  other.join();
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace inflight::test
