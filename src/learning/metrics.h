#pragma once
// How good a committee is on points that it has not learnt from.

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

namespace umbra {

inline constexpr double unmeasured = std::numeric_limits<double>::quiet_NaN();

/// For classes. All are NaN where no point has measured them. `p` is the mean vote for class 1, the answer is 1 where p > 1/2.
struct ClassMetrics {
  double accuracy = unmeasured;
  double accuracy_0 = unmeasured, accuracy_1 = unmeasured;  ///< share of right answers among the points of a class; NaN where there is none
  double balanced_accuracy = unmeasured;             ///< their mean
  double auc = unmeasured;                           ///< area under the ROC curve, ties counted half; NaN where a class is missing
  double precision_recall = unmeasured;              ///< average precision of class 1: area under precision against recall, by steps
  double brier = unmeasured;                         ///< mean of (p - y)^2
};
/// @param y [n] 0 or 1; @param p [n]. Cost: a sort.
ClassMetrics class_metrics(std::span<const float> y, std::span<const double> p);

/// For numbers. NaN where no point has measured them.
struct NumberMetrics {
  double rms = unmeasured;  ///< root of the mean squared error
  double r2 = unmeasured;   ///< 1 - mean squared error / variance of y
};
NumberMetrics number_metrics(std::span<const float> y, std::span<const double> p);

/// What the mean vote is worth, bin by bin (as in SUSY-AI, arXiv:1605.02797): among the points of an independent sample whose mean vote falls into a bin, how many
/// answers are right.
class Calibration {
 public:
  struct Bin {
    std::size_t points = 0, right = 0;
    /// Share of right answers; of an empty bin 1/2: nothing is known.
    double confidence() const { return points == 0 ? 0.5 : static_cast<double>(right) / static_cast<double>(points); }
  };
  Calibration() = default;
  explicit Calibration(std::vector<Bin> bins) : bins_(std::move(bins)) {}
  Calibration(std::span<const float> y, std::span<const double> p, std::size_t bins = 20);

  const std::vector<Bin>& bins() const { return bins_; }
  std::size_t bin(double p) const;
  double confidence(double p) const { return bins_.empty() ? 0.5 : bins_[bin(p)].confidence(); }

 private:
  std::vector<Bin> bins_;  ///< of equal width over [0, 1]
};

}  // namespace umbra
