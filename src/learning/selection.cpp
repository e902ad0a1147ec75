#include "src/learning/selection.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.h"
#include "src/base/random.h"

namespace umbra {

void keep_best(std::vector<Scored>& list, std::size_t count) {
  const auto worth = [](const Scored& s) { return std::isnan(s.score) ? -std::numeric_limits<double>::infinity() : s.score; };
  const auto better = [&](const Scored& a, const Scored& b) { return worth(a) != worth(b) ? worth(a) > worth(b) : a.index < b.index; };
  if (count < list.size()) {
    std::nth_element(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(count), list.end(), better);
    list.resize(count);
  }
  std::sort(list.begin(), list.end(), better);
}

void draw_by_power(std::span<double> scores, double power, std::uint64_t seed, std::uint64_t step, std::uint64_t first) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    RandomStream stream(seed, Purpose::propose, first + i, step);
    scores[i] = power * std::log(scores[i]) - std::log(stream.exponential());
  }
}

std::vector<std::size_t> k_centre(std::span<const double> u, std::size_t dim, std::size_t count) {
  EXPECT(dim > 0 && u.size() % dim == 0);
  const std::size_t n = u.size() / dim;
  std::vector<double> distance(n, std::numeric_limits<double>::infinity());
  std::vector<std::size_t> taken;
  std::size_t next = 0;
  while (taken.size() < std::min(count, n)) {
    taken.push_back(next);
    distance[next] = -1.0;
    const std::size_t newest = next;
    next = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (distance[i] < 0.0) continue;
      double sum = 0.0;
      for (std::size_t d = 0; d < dim; ++d) sum += (u[i * dim + d] - u[newest * dim + d]) * (u[i * dim + d] - u[newest * dim + d]);
      distance[i] = std::min(distance[i], sum);
      if (distance[next] < 0.0 || distance[i] > distance[next]) next = i;
    }
  }
  return taken;
}

}  // namespace umbra
