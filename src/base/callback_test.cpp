#include "inflight/callback.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace inflight {
namespace {

int twice(int x) { return 2 * x; }

TEST(Callback, CallsLambdasFunctionsAndMutableState) {
  Callback<int(int)> function = &twice;
  EXPECT_EQ(function(4), 8);
  Callback<int(int)> counter = [n = 0](int step) mutable { return n += step; };
  counter(2);
  EXPECT_EQ(counter(3), 5);
}

TEST(Callback, IsEmptyByDefaultAfterAMoveAndAfterAReset) {
  Callback<void()> none, null = nullptr;
  EXPECT_FALSE(none);
  EXPECT_FALSE(null);
  Callback<void()> first = [] {};
  Callback<void()> second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): what it is after a move is the point
  EXPECT_TRUE(second);
  second.reset();
  second.reset();
  EXPECT_FALSE(second);
}

TEST(Callback, DestroysWhatItHoldsExactlyOnce) {
  auto held = std::make_shared<int>(1);
  {
    Callback<int()> a = [held] { return *held; };
    Callback<int()> b = std::move(a);
    EXPECT_EQ(held.use_count(), 2);
    b = [held] { return *held + 1; };
    EXPECT_EQ(held.use_count(), 2) << "the first is gone";
    Callback<int()>& same = b;
    b = std::move(same);
    EXPECT_EQ(b(), 2) << "assigning to itself changes nothing";
  }
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Callback, PassesMoveOnlyArgumentsAndReferences) {
  Callback<int(std::unique_ptr<int>)> takes = [](std::unique_ptr<int> p) { return *p; };
  EXPECT_EQ(takes(std::make_unique<int>(5)), 5);
  Callback<void(std::string&)> writes = [](std::string& text) { text += "!"; };
  std::string text = "hi";
  writes(text);
  EXPECT_EQ(text, "hi!");
}

TEST(Callback, HoldsAsMuchAsItPromises) {
  std::array<char, Callback<char()>::kCapacity> capture{};
  capture.back() = 'x';
  Callback<char()> callback = [capture] { return capture.back(); };
  Callback<char()> moved = std::move(callback);
  EXPECT_EQ(moved(), 'x');
}

TEST(Callback, LetsAnExceptionThrough) {
  Callback<void()> throws = [] { throw 7; };
  EXPECT_THROW(throws(), int);
}

}  // namespace
}  // namespace inflight
