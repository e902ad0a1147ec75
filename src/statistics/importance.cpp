#include "src/statistics/importance.h"

#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/statistics/asymptotics.h"

namespace umbra {

namespace {

// A signal that the data favour by less needs no toys of its own.
constexpr double least_q0 = 4.0;

/// The signal strength whose Asimov data set has this q0: sqrt(q0) is nearly linear in it.
double strength_of(ToyModel& model, double q0) {
  Asymptotics asymptotics(model);
  double poi = std::max(std::abs(model.initial()[model.poi()]), 1e-3);
  for (int i = 0; i < 6; ++i) {
    const double found = asymptotics.discovery(poi).q0_asimov;
    if (!(found > 0)) return 0.0;
    const double factor = std::sqrt(q0 / found);
    poi *= factor;
    if (std::abs(factor - 1) < 0.01) break;
  }
  return poi;
}

}  // namespace

std::vector<ToyShare> importance_origins(ToyFamily& family, const std::vector<ObservedSignal>& signals, const ImportanceOptions& options) {
  EXPECT(!signals.empty() && options.background_share > 0 && options.background_share < 1);
  const auto largest = std::max_element(signals.begin(), signals.end(), [](const auto& a, const auto& b) { return a.q0 < b.q0; });
  std::vector<ToyShare> origins;
  const auto add = [&](std::size_t member, double poi, double share) {
    if (!(poi > 0) || !std::isfinite(poi)) return;
    try {
      conditional_parameters(family.model(member), poi);
      origins.push_back({{member, poi}, share});
    } catch (const UserError&) {
      // The others carry on; the weights are exact whatever the mixture.
    }
  };
  for (const ObservedSignal& s : signals) {
    for (const double poi : options.signal_strengths) add(s.member, poi, 1.0);
    if (!options.signal_strengths.empty()) continue;
    if (signals.size() == 1) {
      add(s.member, 0.5 * s.poi_hat, 1.0);
      add(s.member, s.poi_hat, 3.0);
      continue;
    }
    try {
      add(s.member, strength_of(family.model(s.member), largest->q0), 1.0);
    } catch (const UserError&) {
      // As above.
    }
    if (s.q0 > least_q0 && s.member != largest->member) add(s.member, s.poi_hat, 1.0);
  }
  double sum = 0;
  for (const ToyShare& o : origins) sum += o.share;
  for (ToyShare& o : origins) o.share *= (1 - options.background_share) / sum;
  if (!origins.empty()) origins.insert(origins.begin(), {{signals.front().member, 0.0}, options.background_share});
  return origins;
}

}  // namespace umbra
