#include "src/samplers/nested/evidence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace umbra {
namespace {
constexpr double inf = std::numeric_limits<double>::infinity();

/// How many points are alive at each death, in the order of `order` (ascending likelihood).
std::vector<double> count_alive(std::span<const NestedPoint> points, const std::vector<std::size_t>& order) {
  std::vector<double> births(points.size());
  for (std::size_t i = 0; i < points.size(); ++i) births[i] = points[i].birth;
  std::sort(births.begin(), births.end());
  std::vector<double> alive(points.size());
  std::size_t born = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const double contour = points[order[i]].log_likelihood;
    while (born < births.size() && (births[born] < contour || births[born] == -inf)) ++born;
    alive[i] = static_cast<double>(std::max<std::size_t>(1, born - std::min(born, i)));
  }
  return alive;
}

/// ln of the sum of the exponentials, and the normalised terms.
double normalise(std::vector<double>& terms) {
  const double high = terms.empty() ? -inf : *std::max_element(terms.begin(), terms.end());
  if (high == -inf) return -inf;
  double sum = 0.0;
  for (const double t : terms) sum += std::exp(t - high);
  const double total = high + std::log(sum);
  for (double& t : terms) t -= total;
  return total;
}

/// ln(exp(a) - exp(b)) for a > b.
double log_difference(double a, double b) { return a + std::log(-std::expm1(b - a)); }

}  // namespace

NestedWeights weigh(std::span<const NestedPoint> points, RandomStream stream, int simulations) {
  const std::size_t n = points.size();
  NestedWeights result;
  result.log_weight.assign(n, -inf);
  result.log_volume.assign(n, 0.0);
  result.ln_evidence = -inf;
  if (n == 0) return result;

  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(points[a].log_likelihood, points[a].id) < std::pair(points[b].log_likelihood, points[b].id);
  });
  const std::vector<double> alive = count_alive(points, order);

  // Half of the volume between the neighbours of a point; below the last point all that is left.
  std::vector<double> log_x(n + 1), terms(n);
  log_x[0] = 0.0;
  for (std::size_t i = 0; i < n; ++i) log_x[i + 1] = log_x[i] - 1.0 / alive[i];
  for (std::size_t i = 0; i < n; ++i) {
    const double outer = i == 0 ? 0.0 : log_x[i];
    double width;
    if (n == 1) width = 0.0;
    else if (i == 0) width = log_difference(0.0, std::log(0.5 * (std::exp(log_x[1]) + std::exp(log_x[2]))));  // and all that lies outside its contour
    else if (i + 1 == n) width = outer + std::log1p(std::exp(log_x[n] - outer)) - std::log(2.0);               // and all that is left within
    else width = log_difference(outer, log_x[i + 2]) - std::log(2.0);
    terms[i] = points[order[i]].log_likelihood + width;
  }
  result.ln_evidence = normalise(terms);
  if (result.ln_evidence == -inf) return result;
  double sum2 = 0.0, largest = -inf;
  for (std::size_t i = 0; i < n; ++i) {
    result.log_weight[order[i]] = terms[i];
    result.log_volume[order[i]] = log_x[i + 1];
    sum2 += std::exp(2.0 * terms[i]);
    largest = std::max(largest, terms[i]);
    if (terms[i] > -inf) result.information += std::exp(terms[i]) * (points[order[i]].log_likelihood - result.ln_evidence);
  }
  result.effective_samples = 1.0 / sum2;
  result.equal_weight_samples = std::exp(-largest);

  // The same rule with drawn volumes.
  double mean = 0.0, square = 0.0;
  std::vector<double> scale(n), x(n + 1);
  for (std::size_t i = 0; i < n; ++i) scale[i] = terms[i] > -50.0 ? points[order[i]].log_likelihood - result.ln_evidence : -inf;
  for (int s = 0; s < simulations; ++s) {
    double total = 0.0;
    x[0] = 0.0;
    for (std::size_t i = 0; i < n; ++i) x[i + 1] = x[i] - stream.exponential() / alive[i];
    for (std::size_t i = 0; i < n; ++i) {
      if (scale[i] == -inf) continue;
      const double outer = i == 0 ? 2.0 * std::exp(scale[i]) - std::exp(scale[i] + x[1]) : std::exp(scale[i] + x[i]);
      const double inner = i + 1 == n ? -std::exp(scale[i] + x[n]) : std::exp(scale[i] + x[i + 2]);
      total += 0.5 * (outer - inner);
    }
    const double value = std::log(total);
    mean += value / simulations;
    square += value * value / simulations;
  }
  result.ln_evidence_error = std::sqrt(std::max(0.0, square - mean * mean) * simulations / std::max(1, simulations - 1));
  return result;
}

void InsertionRanks::add(double rank) {
  constexpr std::size_t num_bins = 2048;
  if (bins_.empty()) bins_.assign(num_bins, 0);
  ++bins_[std::min(num_bins - 1, static_cast<std::size_t>(rank * num_bins))];
}

std::uint64_t InsertionRanks::count() const { return std::accumulate(bins_.begin(), bins_.end(), std::uint64_t{0}); }

double InsertionRanks::p_value() const {
  const double n = static_cast<double>(count());
  if (n == 0.0) return 1.0;
  double distance = 0.0, below = 0.0;
  for (std::size_t b = 0; b < bins_.size(); ++b) {
    below += static_cast<double>(bins_[b]) / n;
    distance = std::max(distance, std::abs(below - static_cast<double>(b + 1) / static_cast<double>(bins_.size())));
  }
  const double lambda = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
  if (lambda < 0.2) return 1.0;
  double p = 0.0;
  for (int k = 1; k <= 100; ++k) p += (k % 2 ? 2.0 : -2.0) * std::exp(-2.0 * k * k * lambda * lambda);
  return std::clamp(p, 0.0, 1.0);
}

}  // namespace umbra
