#pragma once
// A counting experiment without nuisance parameters, n ~ Pois(mu s + b): everything in closed form, and every probability known exactly.

#include "src/statistics/poisson_term.h"
#include "src/statistics/toy_model.h"

namespace umbra {

class CountingModel final : public ToyModel {
 public:
  struct Options {
    double signal = 1.0;
    double background = 1.0;
    double observed = 0.0;
    double largest_poi = 1000.0;
  };
  static OptionSet<Options> options();
  explicit CountingModel(Options options);

  std::size_t num_parameters() const override { return 1; }
  std::size_t poi() const override { return 0; }
  PoiRange poi_range() const override { return {0.0, options_.largest_poi}; }
  double lowest_poi() const override { return -options_.background / options_.signal; }
  std::string lowest_poi_reason() const override { return options_.background > 0 ? "" : "there is no background"; }
  double highest_poi() const override { return std::numeric_limits<double>::infinity(); }
  std::span<const double> initial() const override { return {&initial_, 1}; }
  std::span<const double> observed() const override { return {&options_.observed, 1}; }
  void generate(std::span<const double> parameters, const ToyId& id, std::vector<double>& data) override;
  void expected(std::span<const double> parameters, std::vector<double>& data) override;
  void set_data(std::span<const double> data) override { n_ = data[0]; }
  void fit(PoiRange range, FitResult& result) override;
  double nll(std::span<const double> parameters) override;
  double saturated() override { return poisson_saturated(n_); }
  double num_events() const override { return n_; }

 private:
  Options options_;
  double initial_ = 1.0, n_ = 0.0;
};

}  // namespace umbra
