#include "camera.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

namespace inflight::media {
namespace {

/// No test has a camera; a terminal is a device too.
class Terminal {
 public:
  Terminal() : keyboard_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    EXPECT_EQ(::grantpt(keyboard_), 0);
    EXPECT_EQ(::unlockpt(keyboard_), 0);
    path_ = ::ptsname(keyboard_);
  }
  ~Terminal() { ::close(keyboard_); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  const std::string& path() const { return path_; }
  void type(const std::string& text) const {
    ASSERT_EQ(::write(keyboard_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

 private:
  int keyboard_;
  std::string path_;
};

TEST(Camera, IsFoundAmongTheDescriptorsOfTheProcess) {
  Terminal terminal;
  EXPECT_EQ(descriptor_of(terminal.path()), -1);
  int opened = ::open(terminal.path().c_str(), O_RDWR | O_NOCTTY);
  ASSERT_GE(opened, 0);
  EXPECT_EQ(descriptor_of(terminal.path()), opened);
  ::close(opened);
  EXPECT_EQ(descriptor_of(terminal.path()), -1);
  EXPECT_EQ(descriptor_of("/no/such/device"), -1);
}

TEST(Camera, IsAwaitedUntilItHasSomething) {
  Terminal terminal;
  int opened = ::open(terminal.path().c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK);
  terminal.type("picture\n");
  await_device(opened);
  char first = 0;
  EXPECT_EQ(::read(opened, &first, 1), 1);
  EXPECT_EQ(first, 'p');
  ::close(opened);
}

TEST(Camera, ThatCannotBeAwaitedKeepsNobody) { await_device(-1); }

}  // namespace
}  // namespace inflight::media
