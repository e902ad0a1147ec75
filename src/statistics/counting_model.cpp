#include "src/statistics/counting_model.h"

#include <algorithm>
#include <cmath>

#include "src/statistics/poisson.h"

namespace umbra {

OptionSet<CountingModel::Options> CountingModel::options() {
  return OptionSet<Options>()
      .add("signal", &Options::signal, "expected signal events at mu = 1", above(0))
      .add("background", &Options::background, "expected background events", at_least(0))
      .add("observed", &Options::observed, "observed events", at_least(0))
      .add("largest_poi", &Options::largest_poi, "upper bound of mu", above(0));
}

CountingModel::CountingModel(Options options) : options_(options) { set_data(observed()); }

void CountingModel::generate(std::span<const double> parameters, const ToyId& id, std::vector<double>& data) {
  RandomStream stream(id.seed, Purpose::toy, id.toy, id.hypothesis);
  expected(parameters, data);
  data[0] = Poisson(data[0])(stream);
}

void CountingModel::expected(std::span<const double> parameters, std::vector<double>& data) {
  data.assign(1, std::max(parameters[0] * options_.signal + options_.background, 0.0));
}

double CountingModel::nll(std::span<const double> parameters) {
  const double rate = parameters[0] * options_.signal + options_.background;
  return rate > 0 || (rate == 0 && n_ == 0) ? poisson_nll(n_, rate) : std::numeric_limits<double>::infinity();
}

void CountingModel::fit(PoiRange range, FitResult& result) {
  result.x.assign(1, std::clamp((n_ - options_.background) / options_.signal, range.low, range.high));
  result.value = nll(result.x);
  result.status = std::isfinite(result.value) ? FitStatus::converged : FitStatus::not_finite;
  result.distance = result.projected_gradient = 0;
  result.evaluations = 1;
  result.retries = 0;
}

namespace {
const bool registered = ToyModelRegistry::instance().add<CountingModel>("counting", "a counting experiment with known background");
}

}  // namespace umbra
