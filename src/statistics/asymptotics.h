#pragma once
// Results from the asymptotic distributions of profile likelihood ratios (Cowan, Cranmer, Gross, Vitells, arXiv:1007.1727): CLs, discovery
// p-values, upper limits, each with what to expect (the Asimov data set's median and the bands of 1 and 2 sigma).

#include <array>
#include <string>

#include "src/statistics/profile.h"

namespace umbra {

/// Bands: -2, -1, 0, 1, 2 sigma, ascending in the limit and in CLs.
using Bands = std::array<double, 5>;

struct AsymptoticTest {
  double poi = 0.0;
  double q = 0.0;         ///< test statistic of the data
  double q_asimov = 0.0;  ///< of the Asimov data set at poi = 0
  double clsb = 1.0, clb = 1.0, cls = 1.0;
  Bands expected{};  ///< CLs
};

struct AsymptoticDiscovery {
  double q0 = 0.0, p0 = 0.5, significance = 0.0;
  double q0_asimov = 0.0;  ///< of the Asimov data set at the alternative
  Bands expected{};        ///< p0, ascending
};

struct AsymptoticLimit {
  double observed = 0.0;
  Bands expected{};
  bool bound_widened = false;  ///< a limit lies beyond the parameter's upper bound, which gave way
};

enum class LimitStatistic { qmu_tilde, qmu };

class Asymptotics {
 public:
  /// Fits the model's observed data. The Asimov data sets have the nuisance parameters of the conditional fits to these.
  explicit Asymptotics(ToyModel& model, LimitStatistic statistic = LimitStatistic::qmu_tilde);

  /// Throws UserError where a fit is not resolved.
  AsymptoticTest test(double poi);
  AsymptoticDiscovery discovery(double alternative = 1.0);
  /// Where CLs = 1 - confidence, by root finding. Throws UserError where there is no such place.
  AsymptoticLimit upper_limit(double confidence = 0.95);

 private:
  double statistic(Profile& profile, double poi);
  PoiRange range(double poi) const;
  void check(const Profile& profile, double poi) const;
  void make_asimov(Profile& profile, double poi);

  ToyModel& model_;
  LimitStatistic statistic_;
  Profile observed_, asimov_;
};

}  // namespace umbra
