#include "src/statistics/histfactory_toy_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.h"
#include "src/statistics/name_hash.h"
#include "src/statistics/poisson_term.h"

namespace umbra {

HistFactoryToyModel::HistFactoryToyModel(std::shared_ptr<const HistFactory> model, HistFactoryToyOptions options)
    : model_(std::move(model)), options_(options), likelihood_(*model_), minimiser_(model_->num_parameters()), initial_(model_->inits()) {
  for (const ModelParameter& p : model_->parameters()) {
    low_.push_back(p.fixed ? p.init : p.low);
    high_.push_back(p.fixed ? p.init : p.high);
  }
  for (const std::uint32_t p : model_->auxiliary_parameter()) stream_of_auxiliary_.push_back(name_hash(model_->parameters()[p].name));
  if (options_.data == DataChoice::observed) {
    observed_ = model_->observed();
  } else {
    std::vector<double> x = initial_;
    if (poi() != none) x[poi()] = options_.asimov_poi;
    expected(x, observed_);
  }
  find_lowest_poi();
  set_data(observed_);
}

/// Rates are linear in a normfactor: B + mu S at the initial nuisance parameters; the first to reach 0 sets the end.
void HistFactoryToyModel::find_lowest_poi() {
  if (poi() == none) return;
  const ModelParameter& p = model_->parameters()[poi()];
  lowest_poi_ = p.low;
  if (p.low < 0 || p.constraint != ConstraintKind::none) return;
  std::vector<double> x = initial_;
  x[poi()] = 0;
  likelihood_.evaluate(x);
  const std::vector<double> background(likelihood_.rates().begin(), likelihood_.rates().end());
  x[poi()] = 1;
  likelihood_.evaluate(x);
  double lowest = -std::numeric_limits<double>::infinity();
  std::size_t first = 0;
  for (std::size_t b = 0; b < background.size(); ++b) {
    const double signal = likelihood_.rates()[b] - background[b];
    if (signal > 0 && -background[b] / signal > lowest) lowest = -background[b] / signal, first = b;
  }
  if (!std::isfinite(lowest)) return;
  lowest_poi_ = std::min(lowest, p.low);
  for (const HistFactory::Channel& channel : model_->channels())
    if (first >= channel.first_bin && first < channel.first_bin + channel.num_bins)
      lowest_poi_reason_ = fmt::format("bin {} of channel '{}' has signal and {:.3g} background events", first - channel.first_bin, channel.name, background[first]);
}

/// A normfactor may be as large as it will; a constrained parameter is not what a bound was set to by chance.
double HistFactoryToyModel::highest_poi() const {
  if (poi() == none || model_->parameters()[poi()].constraint != ConstraintKind::none) return poi_range().high;
  return std::numeric_limits<double>::infinity();
}

PoiRange HistFactoryToyModel::poi_range() const {
  if (poi() == none) return {};
  return {model_->parameters()[poi()].low, model_->parameters()[poi()].high};
}

void HistFactoryToyModel::expected(std::span<const double> parameters, std::vector<double>& data) {
  likelihood_.evaluate(parameters);
  data.resize(model_->data_size());
  for (std::size_t b = 0; b < model_->num_bins(); ++b) data[b] = std::max(likelihood_.rates()[b], 0.0);
  const std::vector<std::uint32_t>& constrained = model_->auxiliary_parameter();
  for (std::size_t i = 0; i < constrained.size(); ++i) {
    const ModelParameter& p = model_->parameters()[constrained[i]];
    data[model_->num_bins() + i] = p.constraint == ConstraintKind::poisson ? p.width * parameters[constrained[i]] : parameters[constrained[i]];
  }
}

void HistFactoryToyModel::generate(std::span<const double> parameters, const ToyId& id, std::vector<double>& data) {
  const std::vector<std::uint32_t>& constrained = model_->auxiliary_parameter();
  const std::size_t bins = model_->num_bins();
  if (!std::equal(parameters.begin(), parameters.end(), generated_at_.begin(), generated_at_.end())) {
    generated_at_.assign(parameters.begin(), parameters.end());
    expected(parameters, data);
    main_.clear();
    auxiliary_.clear();
    for (std::size_t b = 0; b < bins; ++b) main_.emplace_back(data[b]);
    for (std::size_t i = 0; i < constrained.size(); ++i)
      auxiliary_.emplace_back(model_->parameters()[constrained[i]].constraint == ConstraintKind::poisson ? data[bins + i] : 0.0);
  }
  data.resize(model_->data_size());
  RandomStream stream(id.seed, Purpose::toy, id.toy, id.hypothesis);
  for (std::size_t b = 0; b < bins; ++b) data[b] = main_[b](stream);
  for (std::size_t i = 0; i < constrained.size(); ++i) {
    const ModelParameter& p = model_->parameters()[constrained[i]];
    RandomStream own(id.seed, Purpose::auxiliary, id.toy, stream_of_auxiliary_[i] ^ id.hypothesis);
    data[bins + i] = p.constraint == ConstraintKind::poisson ? auxiliary_[i](own) : own.normal(parameters[constrained[i]], p.width);
  }
}

void HistFactoryToyModel::set_data(std::span<const double> data) {
  data_.assign(data.begin(), data.end());
  likelihood_.set_data(data);
}

void HistFactoryToyModel::attempt(FitResult& result) {
  minimiser_.minimise(likelihood_, low_, high_, options_.fit, result);
  if (resolved(result.status) && likelihood_.at_floor()) result.status = FitStatus::at_floor;
}

void HistFactoryToyModel::fit(PoiRange range, FitResult& result) {
  if (poi() != none) low_[poi()] = range.low, high_[poi()] = range.high;
  if (result.x.size() != num_parameters()) result.x.assign(initial_.begin(), initial_.end());
  result.evaluations = result.retries = 0;
  start_ = result.x;
  attempt(result);
  // Where a rate is held at its floor there may be other minima.
  for (int rung = 1; rung <= 2 && result.status != FitStatus::converged; ++rung) {
    FitResult next;
    next.x = rung == 1 ? initial_ : start_;
    if (rung == 2) {
      expected(start_, softened_);
      for (std::size_t i = 0; i < data_.size(); ++i) softened_[i] = 0.5 * (softened_[i] + data_[i]);
      likelihood_.set_data(softened_);
      attempt(next);
      likelihood_.set_data(data_);
    }
    attempt(next);
    next.evaluations += result.evaluations;
    const bool improved = resolved(next.status) && (!resolved(result.status) || next.value < result.value);
    if (improved) std::swap(result, next);
    result.evaluations = std::max(result.evaluations, next.evaluations);
    result.retries = rung;
  }
}

double HistFactoryToyModel::log_density(std::span<const double> parameters) {
  expected(parameters, expectation_);
  double sum = 0;
  const auto add_poisson = [&sum](double n, double mean) { sum -= n > 0 ? poisson_excess(n, 1 / n, mean) : mean; };
  for (std::size_t b = 0; b < model_->num_bins(); ++b) add_poisson(data_[b], expectation_[b]);
  const std::vector<std::uint32_t>& constrained = model_->auxiliary_parameter();
  for (std::size_t i = 0; i < constrained.size(); ++i) {
    const ModelParameter& p = model_->parameters()[constrained[i]];
    const double datum = data_[model_->num_bins() + i], mean = expectation_[model_->num_bins() + i];
    if (p.constraint == ConstraintKind::poisson) add_poisson(datum, mean);
    else sum -= 0.5 * (datum - mean) * (datum - mean) / (p.width * p.width);
  }
  return sum;
}

double HistFactoryToyModel::num_events() const {
  double sum = 0;
  for (std::size_t b = 0; b < model_->num_bins(); ++b) sum += data_[b];
  return sum;
}

}  // namespace umbra
