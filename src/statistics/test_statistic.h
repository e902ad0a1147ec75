#pragma once
// The interface of everything that reduces a data set to one number and says which side is extreme. Definitions: arXiv:1007.1727.

#include "src/statistics/profile.h"
#include "src/statistics/toy_goal.h"

namespace umbra {

class TestStatistic {
 public:
  static constexpr const char* registry_noun = "test statistic";
  enum class Side { high, low };
  /// Where its free fit may take the parameter of interest beyond the model's own bounds.
  struct Reach {
    bool below_zero = false;   ///< as far as rates stay positive
    bool above_bound = false;  ///< where fits above the tested value count: a bound would cut the toys that fluctuate upwards
  };

  virtual ~TestStatistic() = default;

  /// The statistic of the profile's data set where `poi` is tested.
  virtual double value(Profile& profile, double poi) const = 0;
  /// Whether it answers that question.
  virtual bool suits(ToyGoal goal) const = 0;
  /// Which values speak against the tested hypothesis.
  virtual Side extreme() const { return Side::high; }
  /// The parameter of interest at which toys of the tested hypothesis are made, and those of its alternative.
  virtual double tested(double poi) const { return poi; }
  virtual double alternative(double) const { return 0.0; }
  virtual Reach reach() const { return {}; }

  /// The range in which the free fit has the parameter of interest, where `poi` is tested. A bound in the way of `poi` gives way.
  PoiRange free_range(const ToyModel& model, double poi) const;
};

using TestStatisticRegistry = Registry<TestStatistic>;

/// Values closer than this are ties, which count as extreme: fits are no better.
inline constexpr double statistic_tie = 1e-6;

}  // namespace umbra
