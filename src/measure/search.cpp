#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string_view>

#include "inflight/measure.hpp"

namespace inflight {
namespace {

bool is_better(const Ranked& a, const Ranked& b) {
  return a.budget != b.budget ? a.budget > b.budget : a.score > b.score;
}

bool is_over(const SearchOptions& options) { return options.interrupted && options.interrupted(); }

std::vector<std::size_t> numbers_below(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

class Halving {
 public:
  Halving(const Evaluate& evaluate, const SearchOptions& options) : evaluate_(evaluate), options_(options) {}

  std::vector<Ranked> run(std::size_t candidates) {
    std::vector<std::size_t> left = options_.groups.empty() ? numbers_below(candidates) : best_groups();
    for (double budget = options_.first; !left.empty() && !is_over(options_); budget /= options_.keep) {
      bool last = left.size() <= 2 || budget >= 1;
      left = play(left, std::min(1.0, last ? 1.0 : budget));
      if (last) break;
    }
    std::ranges::sort(ranking_, is_better);
    return std::move(ranking_);
  }

 private:
  /// All candidates of the groups whose first ones are the best.
  std::vector<std::size_t> best_groups() {
    std::map<std::string_view, std::size_t> firsts;
    for (std::size_t i = 0; i < options_.groups.size(); ++i) firsts.try_emplace(options_.groups[i], i);
    std::vector<std::size_t> representatives;
    for (const auto& [group, first] : firsts) representatives.push_back(first);
    std::ranges::sort(representatives);
    std::set<std::string_view> kept;
    for (std::size_t candidate : play(representatives, std::min(1.0, options_.first / options_.keep)))
      kept.insert(options_.groups[candidate]);
    std::vector<std::size_t> all = numbers_below(options_.groups.size());
    std::erase_if(all, [&](std::size_t candidate) { return !kept.contains(options_.groups[candidate]); });
    return all;
  }

  /// Measures each; those that go on.
  std::vector<std::size_t> play(const std::vector<std::size_t>& candidates, double budget) {
    std::vector<Ranked> round;
    for (std::size_t candidate : candidates) {
      if (is_over(options_)) break;
      if (std::optional<double> score = evaluate_(candidate, budget)) round.push_back({candidate, *score, budget});
    }
    bool whole = round.size() == candidates.size() || !is_over(options_) || ranking_.empty();
    if (!whole) return {};  // who was measured in it is chance; the round before says who is best
    std::ranges::sort(round, is_better);
    for (const Ranked& measured : round) note(measured);
    auto kept = static_cast<std::size_t>(std::ceil(static_cast<double>(round.size()) * options_.keep));
    std::vector<std::size_t> next;
    for (std::size_t i = 0; i < std::min(kept, round.size()); ++i) next.push_back(round[i].candidate);
    std::ranges::sort(next);  // as they were given: neighbours may share what is dear to prepare
    return next;
  }

  void note(const Ranked& measured) {
    auto known = std::ranges::find(ranking_, measured.candidate, &Ranked::candidate);
    if (known == ranking_.end())
      ranking_.push_back(measured);
    else
      *known = measured;
  }

  const Evaluate& evaluate_;
  const SearchOptions& options_;
  std::vector<Ranked> ranking_;
};

}  // namespace

std::vector<Ranked> successive_halving(std::size_t candidates, const Evaluate& evaluate, const SearchOptions& options) {
  return Halving(evaluate, options).run(candidates);
}

}  // namespace inflight
