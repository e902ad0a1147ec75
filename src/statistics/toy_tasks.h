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

struct ToyRequest {
  ToySide side = ToySide::tested;
  double generated = 0.0;  ///< signal strength that the toys are made at, other parameters as fitted to the data there
  std::uint64_t first = 0, count = 0;
  std::vector<double> tested;
};
Payload pack(const ToyRequest& request);
ToyRequest unpack_toys(const Payload& payload);

/// Of /toys: generated, side, and what toy_columns() says.
const std::vector<Column>& toy_table_columns();

/// The values of an outcome, from its rows: the statistic of each toy for each tested value, NaN where a fit is not resolved.
std::vector<double> toy_values(std::span<const double> rows);

/// The rows of a toy that could not be tested, all that it has but its status being NaN.
std::vector<double> unresolved_rows(const ToyRequest& request, std::uint64_t toy, FitStatus status);

/// One per rank. Toys belong to (seed, signal strength and side, number): the same in whichever block they are made.
class ToyTasks {
 public:
  ToyTasks(std::unique_ptr<ToyModel> model, std::unique_ptr<TestStatistic> statistic, std::uint64_t seed);

  /// Rows as toy_table_columns(); values: the statistic of each toy for each tested value [count x tested], NaN where a fit is not resolved.
  void run(const Task& task, Outcome& outcome);

 private:
  std::unique_ptr<ToyModel> model_;
  std::unique_ptr<TestStatistic> statistic_;
  std::uint64_t seed_;
  std::map<double, std::vector<double>> parameters_;  ///< by the signal strength of their fit
};

}  // namespace umbra
