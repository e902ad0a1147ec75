#pragma once
// Many tests of one data set (all signals of a search): how often would a background look, somewhere, at least as much like a signal as the data do
// where they look most like one? The look-elsewhere effect.

#include <optional>
#include <span>
#include <vector>

#include "src/statistics/p_value.h"

namespace umbra {

struct GlobalPValue {
  std::size_t test = 0;  ///< the one with the largest statistic of the data
  double observed = 0.0;
  PValue p;
  double error = 0.0;                                        ///< standard deviation of p
  double trials = 1.0, trials_low = 1.0, trials_high = 1.0;  ///< p over the local p-value of that test, with 68 % ends
  double asymptotic_local = 0.5;                             ///< p-value of that test alone by the formula for q0
  double asymptotic_independent = 0.5;                       ///< 1 - (1 - local)^tests: an upper bound where tests are positively correlated
  /// Gross and Vitells, arXiv:1005.1891: local + (mean number of times q0 crosses a low level upwards along the tests) exp(-(q - level) / 2). For
  /// tests in a line.
  std::optional<double> asymptotic_line;
};

/// Toys counted one by one; all that is kept are sums.
class GlobalCounter {
 public:
  /// @param observed q0 of the data [tests]
  /// @param line tests in the order of their place on a line; empty where they are not on one
  /// @param bound of the weights; 0: toys have none
  GlobalCounter(std::vector<double> observed, std::vector<std::size_t> line, double bound);

  /// q0 of a toy [tests], NaN where a fit is not resolved.
  void add(std::span<const double> toy, double log_weight = 0.0);
  void add_unknown(std::uint64_t toys);
  GlobalPValue result() const;
  std::uint64_t unresolved() const { return all_.unresolved; }
  std::uint64_t toys() const { return all_.resolved + all_.unresolved; }
  double effective_toys() const { return all_.effective_toys(); }

 private:
  std::vector<double> observed_;
  std::vector<std::size_t> line_;
  std::size_t largest_ = 0;
  bool weighted_;
  WeightedCounts all_, local_;  ///< toys with any test as extreme; with that of the data's largest
  double crossings_ = 0.0;      ///< weighted
};

}  // namespace umbra
