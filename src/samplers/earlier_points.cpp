#include "src/samplers/earlier_points.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace umbra {

void EarlierPoints::sort() {
  best_first.clear();
  for (std::size_t i = 0; i < size(); ++i)
    if (std::isfinite(log_likelihood[i])) best_first.push_back(i);
  std::stable_sort(best_first.begin(), best_first.end(), [&](std::size_t a, std::size_t b) { return log_likelihood[a] > log_likelihood[b]; });
}

std::vector<std::vector<double>> EarlierPoints::best(std::size_t at_most, double apart) const {
  std::vector<std::vector<double>> chosen;
  std::unordered_set<std::string> cells;
  std::vector<std::int64_t> cell(dim);
  for (const std::size_t i : best_first) {
    if (chosen.size() == at_most) break;
    const auto x = point(i);
    const auto near = [&](const std::vector<double>& other) {
      for (std::size_t d = 0; d < dim; ++d)
        if (std::abs(x[d] - other[d]) >= apart) return false;
      return true;
    };
    for (std::size_t d = 0; d < dim; ++d) cell[d] = std::llround(x[d] / same_place);
    const bool is_new = cells.emplace(reinterpret_cast<const char*>(cell.data()), dim * sizeof(std::int64_t)).second;
    if (is_new && (apart == 0.0 || std::none_of(chosen.begin(), chosen.end(), near))) chosen.emplace_back(x.begin(), x.end());
  }
  return chosen;
}

}  // namespace umbra
