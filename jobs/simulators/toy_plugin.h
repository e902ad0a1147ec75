#pragma once
// A shared library that defines the functions of umbra_toys.h, as a toy model with Umbra's own fits.

#include <functional>
#include <string>
#include <vector>

#include "jobs/simulators/shared_library.h"
#include "src/statistics/numerical_objective.h"
#include "src/statistics/toy_model.h"

struct umbra_toys_parameter;
struct umbra_toys_random;
struct umbra_toys_data;

namespace umbra {

struct ToyPluginOptions {
  std::string file;               ///< full path
  std::string settings;           ///< what umbra_toys_open is given
  std::vector<double> data;       ///< of the experiment
  std::optional<double> timeout;  ///< seconds for a toy in a process of its own; nothing: toys run in this process
};

class ToyPlugin final : public ToyModel {
 public:
  /// Throws UserError where the library cannot be loaded, is of another version, refuses the settings or describes parameters that cannot be.
  explicit ToyPlugin(ToyPluginOptions options);
  ~ToyPlugin() override;

  std::size_t num_parameters() const override { return initial_.size(); }
  std::size_t poi() const override { return poi_; }
  PoiRange poi_range() const override { return poi_ == none ? PoiRange{} : PoiRange{low_[poi_], high_[poi_]}; }
  double lowest_poi() const override { return poi_range().low; }
  std::span<const double> initial() const override { return initial_; }
  std::span<const double> observed() const override { return options_.data; }
  void generate(std::span<const double> parameters, const ToyId& id, std::vector<double>& data) override;
  /// Throws UserError where the library has no umbra_toys_expected.
  void expected(std::span<const double> parameters, std::vector<double>& data) override;
  void set_data(std::span<const double> data) override;
  /// From result.x; from the initial parameters where that does not converge.
  void fit(PoiRange range, FitResult& result) override;
  double nll(std::span<const double> parameters) override { return evaluate(parameters, {}); }
  double saturated() override { return std::numeric_limits<double>::quiet_NaN(); }
  double num_events() const override;
  std::optional<double> isolation() const override { return options_.timeout; }
  bool is_foreign() const override { return true; }

 private:
  void find_functions();
  void read_parameters();
  double evaluate(std::span<const double> parameters, std::span<double> gradient) const {
    return nll_(parameters.data(), data_.data(), data_.size(), gradient.empty() ? nullptr : gradient.data());
  }

  ToyPluginOptions options_;
  SharedLibrary library_;
  int (*parameters_)(umbra_toys_parameter*, int, int*) = nullptr;
  void (*generate_)(const double*, const umbra_toys_random*, const umbra_toys_data*) = nullptr;
  double (*nll_)(const double*, const double*, std::size_t, double*) = nullptr;
  void (*prepare_)(const double*, std::size_t) = nullptr;
  int (*has_gradient_)() = nullptr;
  void (*expected_)(const double*, const umbra_toys_data*) = nullptr;
  double (*num_events_)(const double*, std::size_t) = nullptr;
  void (*close_)() = nullptr;

  std::size_t poi_ = none;
  std::vector<double> initial_, low_, high_, fit_low_, fit_high_, data_, start_;
  std::vector<unsigned char> varied_;
  std::optional<NumericalObjective> objective_;
  std::optional<Minimiser> minimiser_;
};

}  // namespace umbra
