#include <algorithm>
#include <cmath>
#include <numeric>

#include "inflight/measure.hpp"

namespace inflight {
namespace {

bool is_better(const Ranked& a, const Ranked& b) {
  return a.budget != b.budget ? a.budget > b.budget : a.score > b.score;
}

bool is_over(const SearchOptions& options) { return options.interrupted && options.interrupted(); }

class Halving {
 public:
  Halving(const Evaluate& evaluate, const SearchOptions& options) : evaluate_(evaluate), options_(options) {}

  std::vector<Ranked> run(std::size_t candidates) {
    std::vector<std::size_t> left(candidates);
    std::iota(left.begin(), left.end(), 0);
    for (double budget = options_.first; !left.empty() && !is_over(options_); budget /= options_.keep) {
      bool last = left.size() <= 2 || budget >= 1;
      left = play(left, std::min(1.0, last ? 1.0 : budget));
      if (last) break;
    }
    std::ranges::sort(ranking_, is_better);
    return std::move(ranking_);
  }

 private:
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
