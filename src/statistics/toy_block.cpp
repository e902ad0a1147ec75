#include "src/statistics/toy_block.h"

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

ToyBlock run_block(ToyFamily& family, ToyMaker& maker, const TestStatistic& statistic, const std::vector<SignalPoint>& tested, std::uint64_t seed,
                   std::uint64_t first_toy, std::uint64_t count) {
  ToyBlock block;
  block.rows.reserve(count * tested.size());
  std::vector<Profile> profiles;
  for (std::size_t i = 0; i < family.size(); ++i) profiles.emplace_back(family.model(i));
  for (std::uint64_t toy = first_toy; toy < first_toy + count; ++toy) {
    maker.make(seed, toy);
    const double log_weight = maker.log_weight();
    for (std::size_t i = 0; i < tested.size(); ++i) {
      const std::size_t member = tested[i].member;
      if (i == 0 || tested[i - 1].member != member) profiles[member].set_data(maker.data(member), maker.start(member));
      block.rows.push_back(make_row(profiles[member], statistic, tested[i].poi));
      block.rows.back().toy = toy;
      block.rows.back().member = member;
      block.rows.back().log_weight = log_weight;
      if (i + 1 == tested.size() || tested[i + 1].member != member) block.evaluations += static_cast<std::uint64_t>(profiles[member].evaluations());
    }
  }
  return block;
}

ToyBlock run_block(ToyModel& model, const TestStatistic& statistic, const ToyHypothesis& hypothesis, std::uint64_t seed, std::uint64_t first_toy,
                   std::uint64_t count) {
  ToyFamily family(model);
  ToyMaker maker(family, {hypothesis.parameters}, {{0, hypothesis.parameters, hypothesis.id}}, hypothesis.id);
  std::vector<SignalPoint> tested;
  for (const double poi : hypothesis.tested) tested.push_back({0, poi});
  return run_block(family, maker, statistic, tested, seed, first_toy, count);
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
