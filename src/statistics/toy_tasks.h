#pragma once
// A block of toys as a task: what it asks for, and how a rank does it.

#include <map>
#include <memory>
#include <span>

#include "src/base/task.h"
#include "src/statistics/toy_block.h"

namespace umbra {

/// Which of the two hypotheses of a test the toys belong to.
enum class ToySide { tested = 0, alternative = 1 };

/// A share of the toys made at a signal strength of a member (importance sampling).
struct ToyShare {
  SignalPoint at;
  double share = 1.0;
};

struct ToyRequest {
  ToySide side = ToySide::tested;
  SignalPoint hypothesis;  ///< what the toys are toys of: this signal strength, other parameters as fitted to the data there
  std::uint64_t first = 0, count = 0;
  std::vector<SignalPoint> tested;  ///< members one after the other; other members than the hypothesis' only where it has no signal
  std::vector<ToyShare> origins;    ///< where they are made; empty: at the hypothesis
};
Payload pack(const ToyRequest& request);
ToyRequest unpack_toys(const Payload& payload);

/// Of /toys: the hypothesis, the side, which member of a family is tested (where there are several), and what toy_columns() says.
/// @param noun ToyFamily::noun()
std::vector<Column> toy_table_columns(const std::string& noun = "");

/// The values of an outcome, from its rows: the statistic of each toy for each that is tested, NaN where a fit is not resolved; where toys have weights,
/// each toy's values end with its log_weight.
std::vector<double> toy_values(std::span<const double> rows, const std::string& noun = "");

/// The rows of a toy that could not be tested, all that it has but its status being NaN.
std::vector<double> unresolved_rows(const ToyRequest& request, std::uint64_t toy, FitStatus status, const std::string& noun = "");

/// One per rank. Toys belong to (seed, signal strength and side, number): the same in whichever block they are made.
class ToyTasks {
 public:
  ToyTasks(ToyFamily family, std::unique_ptr<TestStatistic> statistic, std::uint64_t seed);

  /// Rows as toy_table_columns(), values as toy_values().
  void run(const Task& task, Outcome& outcome);
  const ToyFamily& family() const { return family_; }
  /// How many fits to the observed data it has made, for the hypotheses of all tasks so far.
  std::size_t known_hypotheses() const { return parameters_.size(); }

 private:
  const std::vector<double>& parameters(const SignalPoint& at);
  ToyMaker maker(const ToyRequest& request);

  ToyFamily family_;
  std::unique_ptr<TestStatistic> statistic_;
  std::uint64_t seed_;
  std::map<std::pair<std::size_t, double>, std::vector<double>> parameters_;  ///< by member and the signal strength of their fit
};

}  // namespace umbra
