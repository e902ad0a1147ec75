#pragma once
// p-values from toys: fractions with intervals, with bounds that hold whatever the unresolved toys would have been, and their ratio CLs.

#include <cstdint>
#include <span>
#include <vector>

#include "src/statistics/asymptotics.h"
#include "src/statistics/distributions.h"
#include "src/statistics/toy_block.h"

namespace umbra {

/// Whether a value is at least as extreme as the observed one; ties, up to the precision of fits, are.
inline bool at_least_as_extreme(double value, double observed, TestStatistic::Side side) {
  return side == TestStatistic::Side::high ? value >= observed - statistic_tie : value <= observed + statistic_tie;
}

/// Toys of one hypothesis and tested value, counted. Sums of counts are counts of the joint sample.
struct ToyCounts {
  std::uint64_t extreme = 0;
  std::uint64_t resolved = 0;
  std::uint64_t unresolved = 0;

  /// NaN is unresolved.
  void add(double statistic, double observed, TestStatistic::Side side);
  void add(const ToyRow& row, double observed, TestStatistic::Side side);
};

struct PValue {
  double value = 1.0;            ///< extreme / resolved; NaN without toys
  double low = 0.0, high = 1.0;  ///< Clopper-Pearson, 68.27 %
  double lowest = 0.0;           ///< low end where no unresolved toy is extreme
  double highest = 1.0;          ///< high end where every one is
};
PValue p_value(const ToyCounts& counts, double confidence = one_sigma);

/// Half the width of the interval over the value; infinite where that is 0.
double relative_error(const PValue& p);

/// CLs = CLsb / CLb from independent toys of both hypotheses. Each interval is one of both at confidence sqrt(0.6827), so that both hold
/// together, and with them the ratio, in at least 68.27 % of cases.
struct ClsResult {
  PValue clsb, clb;
  PValue cls;
};
ClsResult cls(const ToyCounts& signal, const ToyCounts& background);

/// CLs where background toys take the place of the data: at their median and the bands of 1 and 2 sigma. Sorts both lists.
Bands expected_cls(std::vector<double>& signal, std::vector<double>& background, TestStatistic::Side side);

/// Toys with weights (importance sampling): p = sum of the weights of extreme toys / toys.
struct WeightedCounts {
  double sum = 0.0, sum_of_squares = 0.0, largest = 0.0;  ///< of the weights of extreme toys
  double unresolved_sum = 0.0;                            ///< of the weights of unresolved toys
  double bound = 1.0;                                     ///< no weight can be larger
  std::uint64_t extreme = 0, resolved = 0, unresolved = 0;

  void add(double statistic, double log_weight, double observed, TestStatistic::Side side);
  void add(const ToyRow& row, double observed, TestStatistic::Side side);
  /// Toys of which nothing is known.
  void add_unknown(std::uint64_t toys);

  /// Standard deviation of p, from the weights.
  double error() const;
  /// As many toys of equal weights would say as much: (sum w)^2 / sum w^2 of the extreme ones.
  double effective_toys() const { return sum_of_squares > 0 ? sum * sum / sum_of_squares : 0.0; }
};
/// The interval is that of weighted_poisson(); where no toy is extreme, its high end takes the largest weight that can be.
PValue p_value(const WeightedCounts& counts, double confidence = one_sigma);

}  // namespace umbra
