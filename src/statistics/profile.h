#pragma once
// One data set and its fits, each made when it is first asked for: the free fit serves every tested value of the parameter of interest.

#include <span>
#include <vector>

#include "src/statistics/toy_model.h"

namespace umbra {

class Profile {
 public:
  explicit Profile(ToyModel& model) : model_(model) {}

  /// A new data set. `start` is where its first fit begins: the parameters it was generated at, or empty.
  void set_data(std::span<const double> data, std::span<const double> start = {});
  /// Gives the model this data set again, after another profile has used it.
  void activate() { model_.set_data(data_); }

  /// The fit with the parameter of interest free in `range`.
  const FitResult& free(PoiRange range);
  /// The fit with it fixed. Valid until the next call.
  const FitResult& fixed(double poi);
  /// 2 (-ln L fixed + ln L free), at least 0, and 0 below 1e-6 (the tolerance of the fits).
  double twice_ratio(double poi, PoiRange range);

  ToyModel& model() { return model_; }
  /// Of the last calls of free() and fixed(): what goes into a toy's row.
  double poi_hat() const { return poi_hat_; }
  double free_value() const { return free_value_; }
  double fixed_value() const { return fixed_value_; }
  /// The worst of all fits to this data set.
  FitStatus status() const { return status_; }
  double distance() const { return distance_; }
  double gradient() const { return gradient_; }
  /// Of value and gradient, for this data set.
  int evaluations() const { return evaluations_; }

 private:
  struct Entry {
    PoiRange range;
    FitResult result;
  };
  Entry& find(PoiRange range, std::span<const double> start);
  void count(const FitResult& result);

  ToyModel& model_;
  std::vector<double> data_, start_;
  std::vector<Entry> entries_;  ///< the first used_ are of this data set
  std::size_t used_ = 0;
  double poi_hat_ = 0, free_value_ = 0, fixed_value_ = 0;
  FitStatus status_ = FitStatus::converged;
  double distance_ = 0, gradient_ = 0;
  int evaluations_ = 0;
};

}  // namespace umbra
