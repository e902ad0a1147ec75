#pragma once
// A block of toys as one task: data sets generated at one hypothesis, reduced by a test statistic for any number of tested signal strengths.

#include <string>
#include <vector>

#include "src/base/column.h"
#include "src/statistics/test_statistic.h"
#include "src/statistics/toy_maker.h"

namespace umbra {

/// What toys of a single model are made of, and what is tested with them. One data set serves every tested value.
struct ToyHypothesis {
  std::uint64_t id = 0;            ///< part of the random stream: toys of two hypotheses are independent
  std::vector<double> parameters;  ///< generated at [num_parameters], usually a conditional fit to the data
  std::vector<double> tested;      ///< signal strengths
};

/// A signal strength of one member of a family.
struct SignalPoint {
  std::size_t member = 0;
  double poi = 0.0;
};

/// A row of the result. Columns as toy_columns() names them.
struct ToyRow {
  std::uint64_t toy = 0;
  std::size_t member = 0;  ///< of the family, whose model is tested
  double tested = 0.0;
  double statistic = 0.0;
  double poi_hat = 0.0;    ///< NaN where the statistic needs no free fit
  double free_nll = 0.0;   ///< the same
  double fixed_nll = 0.0;  ///< NaN where it needs no fixed fit
  FitStatus status = FitStatus::converged;
  double distance = 0.0;    ///< estimated distance of the worst fit to its minimum, in -ln L
  double gradient = 0.0;    ///< largest component of the projected gradient of the fits
  double log_weight = 0.0;  ///< ln of the weight that makes it a toy of its hypothesis, where it was made elsewhere
};
const std::vector<Column>& toy_columns();

struct ToyBlock {
  std::vector<ToyRow> rows;       ///< toys in order, for each the tested values in order
  std::uint64_t evaluations = 0;  ///< of value and gradient, by all fits
};

/// Toys first_toy ... first_toy + count - 1. The rows depend on (models, statistic, hypothesis, seed, toy) alone.
ToyBlock run_block(ToyFamily& family, ToyMaker& maker, const TestStatistic& statistic, const std::vector<SignalPoint>& tested, std::uint64_t seed,
                   std::uint64_t first_toy, std::uint64_t count);
/// The same for a single model.
ToyBlock run_block(ToyModel& model, const TestStatistic& statistic, const ToyHypothesis& hypothesis, std::uint64_t seed, std::uint64_t first_toy,
                   std::uint64_t count);

/// Parameters to generate at: the fit to the observed data with the parameter of interest fixed. Throws UserError where it is not resolved.
std::vector<double> conditional_parameters(ToyModel& model, double poi);

/// The statistic of the observed data. Throws UserError where its fits are not resolved.
ToyRow observed_row(ToyModel& model, const TestStatistic& statistic, double tested);

}  // namespace umbra
