#include "src/statistics/toy_block.h"

#include <limits>

#include "src/base/error.h"

namespace umbra {

namespace {

ToyRow make_row(Profile& profile, const TestStatistic& statistic, double tested) {
  ToyRow row;
  row.tested = tested;
  row.statistic = statistic.value(profile, tested);
  row.poi_hat = profile.poi_hat();
  row.free_nll = profile.free_value();
  row.fixed_nll = profile.fixed_value();
  row.status = profile.status();
  row.distance = profile.distance();
  row.gradient = profile.gradient();
  return row;
}

}  // namespace

const std::vector<Column>& toy_columns() {
  static const std::vector<Column> columns = {
      {"toy", "", "", Role::bookkeeping},
      {"tested", "", "\\mu", Role::parameter},
      {"statistic", "", "q", Role::observable},
      {"poi_hat", "", "\\hat\\mu", Role::observable},
      {"free_nll", "", "-\\ln L(\\hat\\mu, \\hat\\theta)", Role::likelihood},
      {"fixed_nll", "", "-\\ln L(\\mu, \\hat{\\hat\\theta})", Role::likelihood},
      {"status", "", "", Role::bookkeeping},
      {"distance", "", "", Role::bookkeeping},
      {"gradient", "", "", Role::bookkeeping},
      {"log_weight", "", "\\ln w", Role::bookkeeping},
  };
  return columns;
}

ToyBlock run_block(ToyModel& model, const TestStatistic& statistic, const ToyHypothesis& hypothesis, std::uint64_t seed, std::uint64_t first_toy,
                   std::uint64_t count) {
  EXPECT(hypothesis.parameters.size() == model.num_parameters());
  ToyBlock block;
  block.rows.reserve(count * hypothesis.tested.size());
  Profile profile(model);
  std::vector<double> data;
  for (std::uint64_t toy = first_toy; toy < first_toy + count; ++toy) {
    model.generate(hypothesis.parameters, {seed, hypothesis.id, toy}, data);
    profile.set_data(data, hypothesis.parameters);
    const double log_weight = hypothesis.weighted_to.empty() ? 0.0 : model.nll(hypothesis.parameters) - model.nll(hypothesis.weighted_to);
    for (const double tested : hypothesis.tested) {
      block.rows.push_back(make_row(profile, statistic, tested));
      block.rows.back().toy = toy;
      block.rows.back().log_weight = log_weight;
    }
    block.evaluations += static_cast<std::uint64_t>(profile.evaluations());
  }
  return block;
}

std::vector<double> conditional_parameters(ToyModel& model, double poi) {
  Profile profile(model);
  profile.set_data(model.observed());
  const FitResult& fit = model.poi() == ToyModel::none ? profile.free({}) : profile.fixed(poi);
  VALIDATE(resolved(fit.status),
           "the fit to the data at signal strength {} ended with '{}' (toys need its parameters), look for degenerate or contradictory inputs", poi,
           name(fit.status));
  return fit.x;
}

ToyRow observed_row(ToyModel& model, const TestStatistic& statistic, double tested) {
  Profile profile(model);
  profile.set_data(model.observed());
  const ToyRow row = make_row(profile, statistic, tested);
  VALIDATE(resolved(row.status),
           "the fits to the data at signal strength {} ended with '{}' (there is nothing to compare toys with), look for degenerate inputs", tested,
           name(row.status));
  return row;
}

}  // namespace umbra
