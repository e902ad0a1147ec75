#pragma once
// Importance sampling for a small p0: where toys are made so that many are as signal-like as the data, with weights that stay bounded.
//
// A mixture: the background hypothesis itself keeps a share b of the toys, so that no weight is above 1 / b; the others are made at signal strengths
// whose expected q0 is near the threshold, with the nuisance parameters of the conditional fit to the data there. In the limit of many events these
// are the least unlikely ways in which a background can reach the threshold.

#include <vector>

#include "src/statistics/toy_tasks.h"

namespace umbra {

enum class Importance {
  automatic,  ///< where the formulae put p0 below importance_below
  off,
  on,
};

/// Plain toys resolve a larger p0 well enough.
inline constexpr double importance_below = 1e-4;

struct ImportanceOptions {
  Importance use = Importance::automatic;
  std::vector<double> signal_strengths;  ///< of all members; empty: chosen
  double background_share = 0.2;
};

/// The data's q0 and best fit with a member's signal.
struct ObservedSignal {
  std::size_t member = 0;
  double q0 = 0.0, poi_hat = 0.0;
};

/// Where to make the toys that test the absence of these members' signals, all of one background. Each signal is tested against its own q0 and, where
/// there are several, against the largest of all: at half the best-fit signal strength and at it, or at the strength where q0 of the Asimov data set
/// is the largest observed one. Strengths where the fit to the data is not resolved are left out; empty where none is left.
std::vector<ToyShare> importance_origins(ToyFamily& family, const std::vector<ObservedSignal>& signals, const ImportanceOptions& options);

}  // namespace umbra
