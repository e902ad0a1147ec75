#include "src/statistics/chain_diagnostics.h"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <limits>
#include <numeric>

namespace umbra {
namespace {
double mean(const std::vector<double>& x) { return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size()); }

double variance(const std::vector<double>& x) {
  const double m = mean(x);
  double sum = 0.0;
  for (const double v : x) sum += (v - m) * (v - m);
  return sum / static_cast<double>(x.size() - 1);
}

ChainDraws split(const ChainDraws& chains) {
  ChainDraws halves;
  for (const auto& c : chains) {
    const auto half = static_cast<std::ptrdiff_t>(c.size() / 2);
    halves.emplace_back(c.begin(), c.begin() + half);
    halves.emplace_back(c.end() - half, c.end());
  }
  return halves;
}

/// Normal quantiles of (rank - 3/8) / (n + 1/4); ties share their mean rank.
ChainDraws normal_scores(const ChainDraws& chains) {
  std::vector<std::pair<double, std::pair<std::size_t, std::size_t>>> all;
  for (std::size_t c = 0; c < chains.size(); ++c)
    for (std::size_t i = 0; i < chains[c].size(); ++i) all.push_back({chains[c][i], {c, i}});
  std::sort(all.begin(), all.end());
  ChainDraws scores = chains;
  const double n = static_cast<double>(all.size());
  for (std::size_t first = 0; first < all.size();) {
    std::size_t last = first;
    while (last < all.size() && all[last].first == all[first].first) ++last;
    const double rank = 0.5 * static_cast<double>(first + 1 + last);
    const double score = -std::sqrt(2.0) * boost::math::erfc_inv(2.0 * (rank - 0.375) / (n + 0.25));
    for (; first < last; ++first) scores[all[first].second.first][all[first].second.second] = score;
  }
  return scores;
}

struct Spread {
  double within, total;
};
Spread spread(const ChainDraws& chains) {
  const double n = static_cast<double>(chains.front().size());
  std::vector<double> means;
  double within = 0.0;
  for (const auto& c : chains) {
    means.push_back(mean(c));
    within += variance(c) / static_cast<double>(chains.size());
  }
  return {within, (n - 1.0) / n * within + (chains.size() > 1 ? variance(means) : 0.0)};
}

double plain_r_hat(const ChainDraws& chains) {
  const Spread s = spread(chains);
  return s.within > 0.0 ? std::sqrt(s.total / s.within) : s.total > 0.0 ? std::numeric_limits<double>::infinity() : 1.0;
}

/// Sum over a chain of (x_i - m)(x_{i+lag} - m), divided by its length.
double autocovariance(const std::vector<double>& x, double m, std::size_t lag) {
  double sum = 0.0;
  for (std::size_t i = 0; i + lag < x.size(); ++i) sum += (x[i] - m) * (x[i + lag] - m);
  return sum / static_cast<double>(x.size());
}
}  // namespace

double split_r_hat(const ChainDraws& chains) {
  if (chains.empty() || chains.front().size() < 4) return std::numeric_limits<double>::quiet_NaN();
  const ChainDraws halves = split(chains);
  std::vector<double> all;
  for (const auto& h : halves) all.insert(all.end(), h.begin(), h.end());
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  ChainDraws folded = halves;
  for (auto& h : folded)
    for (double& x : h) x = std::abs(x - *middle);
  return std::max(plain_r_hat(normal_scores(halves)), plain_r_hat(normal_scores(folded)));
}

double autocorrelation_time(const ChainDraws& chains) {
  std::vector<double> means;
  double zero = 0.0;
  for (const auto& c : chains) means.push_back(mean(c)), zero += autocovariance(c, means.back(), 0);
  if (zero <= 0.0) return 1.0;
  double time = 1.0;
  for (std::size_t lag = 1; lag < chains.front().size() && static_cast<double>(lag) < 5.0 * time; ++lag) {
    double rho = 0.0;
    for (std::size_t c = 0; c < chains.size(); ++c) rho += autocovariance(chains[c], means[c], lag) / zero;
    time += 2.0 * rho;
  }
  return std::max(1.0, time);
}

double effective_sample_size(const ChainDraws& chains) {
  if (chains.empty() || chains.front().size() < 4) return 0.0;
  const ChainDraws scores = normal_scores(split(chains));
  const Spread s = spread(scores);
  const std::size_t n = scores.front().size();
  const double draws = static_cast<double>(n * scores.size());
  if (s.total <= 0.0) return draws;
  std::vector<double> means;
  for (const auto& c : scores) means.push_back(mean(c));
  const auto rho = [&](std::size_t lag) {
    double sum = 0.0;
    for (std::size_t c = 0; c < scores.size(); ++c) sum += autocovariance(scores[c], means[c], lag);
    const double unbiased = static_cast<double>(n) / static_cast<double>(n - 1);
    return 1.0 - (s.within - sum * unbiased / static_cast<double>(scores.size())) / s.total;
  };
  double time = -1.0, last = std::numeric_limits<double>::infinity();
  for (std::size_t lag = 0; lag + 1 < n; lag += 2) {
    const double pair = lag == 0 ? 1.0 + rho(1) : rho(lag) + rho(lag + 1);
    if (pair <= 0.0) break;
    last = std::min(last, pair);
    time += 2.0 * last;
  }
  return draws / std::max(time, 1.0 / std::log10(std::max(10.0, draws)));
}

}  // namespace umbra
