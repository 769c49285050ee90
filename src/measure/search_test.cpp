#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "inflight/measure.hpp"

namespace inflight {
namespace {

/// Candidates with known worth, measured with noise that a larger budget averages out.
struct Field {
  std::vector<double> worth;
  std::mt19937 random{1};
  double noise = 0;
  double spent = 0;

  std::optional<double> measure(std::size_t candidate, double budget) {
    spent += budget;
    std::normal_distribution<double> error(0, noise / std::sqrt(budget) + 1e-12);
    return worth[candidate] + error(random);
  }
};

Field field_of(std::size_t count) {
  Field field;
  for (std::size_t i = 0; i < count; ++i) field.worth.push_back(static_cast<double>((i * 37) % count));
  return field;
}

TEST(SuccessiveHalving, FindsTheBestForASmallShareOfTheCost) {
  Field field = field_of(81);
  auto ranking = successive_halving(81, [&](std::size_t c, double b) { return field.measure(c, b); });
  EXPECT_EQ(field.worth[ranking.front().candidate], 80);
  EXPECT_EQ(ranking.front().budget, 1);
  EXPECT_LE(field.spent, 81 * 4.0 / 27 + 1);
  EXPECT_EQ(ranking.size(), 81U);
}

TEST(SuccessiveHalving, FindsOneOfTheBestDespiteNoise) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Field field = field_of(60);
    field.random.seed(seed);
    field.noise = 0.5;
    auto ranking = successive_halving(60, [&](std::size_t c, double b) { return field.measure(c, b); });
    EXPECT_GE(field.worth[ranking.front().candidate], 56) << seed;
  }
}

TEST(SuccessiveHalving, LeavesOutWhatCannotBeUsed) {
  auto evaluate = [](std::size_t c, double) { return c % 2 ? std::nullopt : std::optional<double>(c); };
  auto ranking = successive_halving(10, evaluate);
  EXPECT_EQ(ranking.size(), 5U);
  EXPECT_EQ(ranking.front().candidate, 8U);
  EXPECT_TRUE(successive_halving(10, [](std::size_t, double) { return std::optional<double>(); }).empty());
  EXPECT_TRUE(successive_halving(0, evaluate).empty());
}

TEST(SuccessiveHalving, PreparesOnlyTheBestGroupsMoreThanOnce) {
  constexpr std::size_t kGroups = 27, kEach = 8;
  SearchOptions options;
  for (std::size_t i = 0; i < kGroups * kEach; ++i) options.groups.push_back(std::to_string(i / kEach));
  std::map<std::size_t, std::set<std::size_t>> measured;
  double spent = 0;
  auto evaluate = [&](std::size_t c, double budget) {
    measured[c / kEach].insert(c);
    spent += budget;
    return std::optional(static_cast<double>(c));
  };
  auto ranking = successive_halving(kGroups * kEach, evaluate, options);
  EXPECT_EQ(ranking.front().candidate, kGroups * kEach - 1);
  EXPECT_EQ(ranking.front().budget, 1);
  EXPECT_EQ(std::ranges::count_if(measured, [](const auto& group) { return group.second.size() > 1; }), 9);
  EXPECT_EQ(measured.size(), kGroups);
  EXPECT_LE(spent, kGroups * kEach * 2.0 / 27);
}

TEST(SuccessiveHalving, MeasuresALoneCandidateInFull) {
  auto ranking = successive_halving(1, [](std::size_t, double budget) { return std::optional(budget); });
  ASSERT_EQ(ranking.size(), 1U);
  EXPECT_EQ(ranking.front().score, 1);
}

TEST(SuccessiveHalving, KeepsTheBestSoFarWhereItIsInterrupted) {
  int measured = 0;
  SearchOptions options;
  options.interrupted = [&] { return measured >= 30; };
  auto ranking =
      successive_halving(27, [&](std::size_t c, double) { return ++measured, std::optional<double>(c); }, options);
  EXPECT_EQ(measured, 30);
  EXPECT_EQ(ranking.front().candidate, 26U);
}

}  // namespace
}  // namespace inflight
