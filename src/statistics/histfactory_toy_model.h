#pragma once
// A HistFactory model as a ToyModel: toys of main and auxiliary data, bounded fits with a ladder of retries.

#include <memory>
#include <optional>
#include <string>

#include "src/statistics/histfactory.h"
#include "src/statistics/likelihood.h"
#include "src/statistics/poisson.h"
#include "src/statistics/toy_model.h"

namespace umbra {

/// What stands for the data of the experiment.
enum class DataChoice {
  observed,  ///< the observations of the workspace
  asimov,    ///< expectations at the initial parameters with the parameter of interest at `asimov_poi`: observations are never looked at
};

struct HistFactoryToyOptions {
  DataChoice data = DataChoice::observed;
  double asimov_poi = 0.0;
  FitOptions fit;
};

/// Main data come from the stream (seed, toy, id, hypothesis); each auxiliary datum from a stream of its own, told by its parameter's name, so that
/// models that share a background (patches of one workspace) see the same auxiliary data of it.
class HistFactoryToyModel final : public ToyModel {
 public:
  explicit HistFactoryToyModel(std::shared_ptr<const HistFactory> model, HistFactoryToyOptions options = {});

  std::size_t num_parameters() const override { return model_->num_parameters(); }
  std::size_t poi() const override { return model_->poi(); }
  PoiRange poi_range() const override;
  double lowest_poi() const override { return lowest_poi_; }
  std::string lowest_poi_reason() const override { return lowest_poi_reason_; }
  double highest_poi() const override;
  std::span<const double> initial() const override { return initial_; }
  std::span<const double> observed() const override { return observed_; }
  void generate(std::span<const double> parameters, const ToyId& id, std::vector<double>& data) override;
  void expected(std::span<const double> parameters, std::vector<double>& data) override;
  void set_data(std::span<const double> data) override;
  /// The ladder, as far as a fit does not converge or ends at the floor of a rate, of which the best counts: from result.x; from the initial
  /// parameters; from the fit to data halfway between the given ones and what result.x expects.
  void fit(PoiRange range, FitResult& result) override;
  double nll(std::span<const double> parameters) override { return likelihood_.evaluate(parameters); }
  double log_density(std::span<const double> parameters) override;
  double saturated() override { return likelihood_.saturated(); }
  double num_events() const override;
  std::vector<std::string> notes() const override { return model_->notes(); }

  const HistFactory& model() const { return *model_; }
  Likelihood& likelihood() { return likelihood_; }

 private:
  void attempt(FitResult& result);
  void find_lowest_poi();

  std::shared_ptr<const HistFactory> model_;
  HistFactoryToyOptions options_;
  Likelihood likelihood_;
  Minimiser minimiser_;
  std::vector<double> initial_, observed_, low_, high_, data_, start_, softened_, expectation_;
  double lowest_poi_ = 0.0;
  std::string lowest_poi_reason_;
  std::vector<std::uint64_t> stream_of_auxiliary_;  ///< from the parameter's name
  // The generators of the last parameters generated at.
  std::vector<double> generated_at_;
  std::vector<Poisson> main_, auxiliary_;
};

}  // namespace umbra
