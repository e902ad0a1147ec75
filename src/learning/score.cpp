#include "src/learning/score.h"

#include <algorithm>
#include <cmath>

#include "src/base/error.h"

namespace umbra {
namespace {

double entropy(double f) { return f <= 0.0 || f >= 1.0 ? 0.0 : -f * std::log(f) - (1.0 - f) * std::log1p(-f); }

double variance(std::span<const float> votes, double mean) {
  double sum = 0.0;
  for (const float v : votes) sum += (v - mean) * (v - mean);
  return sum / static_cast<double>(votes.size());
}

}  // namespace

const std::vector<std::string>& score_names() {
  static const std::vector<std::string> names = {"vote_entropy", "margin", "deviation", "mean_spread", "divergence", "variance"};
  return names;
}

Score score_named(const std::string& name) {
  const auto found = std::find(score_names().begin(), score_names().end(), name);
  EXPECT(found != score_names().end());
  return static_cast<Score>(found - score_names().begin());
}

double mean_vote(std::span<const float> votes) {
  double sum = 0.0;
  for (const float v : votes) sum += v;
  return sum / static_cast<double>(votes.size());
}

double score(Score which, std::span<const float> votes) {
  EXPECT(!votes.empty());
  const double mean = mean_vote(votes);
  switch (which) {
    case Score::vote_entropy: {
      const auto above = std::count_if(votes.begin(), votes.end(), [](float v) { return v > 0.5f; });
      return entropy(static_cast<double>(above) / static_cast<double>(votes.size()));
    }
    case Score::margin:
      return 1.0 - 2.0 * std::abs(mean - 0.5);
    case Score::deviation:
      return std::sqrt(variance(votes, mean));
    case Score::mean_spread: {
      const double spread = std::sqrt(variance(votes, mean));
      return spread > 0.0 ? spread / (spread + std::abs(mean - 0.5)) : 0.0;
    }
    case Score::divergence: {
      double sum = 0.0;  // the mean divergence to the mean is the entropy of the mean less the mean entropy
      for (const float v : votes) sum += entropy(v);
      return std::max(0.0, entropy(mean) - sum / static_cast<double>(votes.size()));
    }
    case Score::variance:
      return variance(votes, mean);
  }
  return 0.0;
}

}  // namespace umbra
