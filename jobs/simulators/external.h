#pragma once
// model: {type: external}: a chain of programs that anyone wrote, each with its inputs, outputs and limits.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jobs/simulators/external_step.h"
#include "jobs/simulators/failed_points.h"
#include "jobs/simulators/guard.h"
#include "jobs/simulators/private_copy.h"
#include "src/models/evaluator.h"

namespace umbra {

/// What became of a step, for `umbra check`.
struct StepReport {
  std::string name;
  std::vector<double> seconds;               ///< of each run, retries included (the first 10,000)
  std::uint64_t runs = 0, skipped = 0;       ///< how often it ran, and how often `when` was false
  std::vector<std::uint64_t> outputs_found;  ///< [num outputs] how often each was there
};

/// Runs the steps in a scratch folder of its own, emptied for each point. A step whose `when` is false is not run and its outputs stay NaN; where
/// that leaves no later step to run, the point is `skipped`. Costs below 1 ms a step beside the program itself.
class External final : public Evaluator {
 public:
  /// Null, with faults, where the configuration is wrong. Starts nothing.
  static std::unique_ptr<External> read(const Config& config, const ModelContext& context, Faults& faults);

  const std::vector<Column>& columns() const override { return columns_; }
  Evaluation evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) override;

  const std::vector<StepReport>& reports() const { return reports_; }

 private:
  void find_results();
  void prepare();
  Evaluation run_chain();
  Evaluation run_step(std::size_t step);
  Evaluation run_in_copy(std::size_t step);
  Evaluation attempt(std::size_t step);
  Evaluation carry_out(std::size_t step);
  Evaluation judge(const ExternalStep& step, const Command& command, const GuardReply& reply) const;
  Evaluation read_outputs(const ExternalStep& step, const Command& command, StepReport& report);
  std::string work() const;
  std::string folder(std::size_t step) const;
  std::string find_earlier(std::size_t step, const std::string& file) const;
  void keep(const Evaluation& failed);

  std::vector<std::string> variables_;  ///< parameters, seed, outputs of every step
  std::size_t num_given_ = 0;           ///< parameters and seed
  std::vector<ExternalStep> steps_;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> results_;  ///< [num steps] files that a step has to make at every point
  FailedPoints failed_points_;
  std::vector<double> values_;        ///< parallel to variables_
  std::vector<double> step_seconds_;  ///< [num steps] of this point; NaN where it was not run
  std::vector<bool> ran_;             ///< [num steps] at this point
  std::size_t num_outputs_ = 0;
  std::vector<StepReport> reports_;
  std::unique_ptr<Guard> guard_;  ///< started with the first point
  std::vector<std::unique_ptr<PrivateCopy>> copies_;  ///< [num steps] null where a step runs in the work folder
};

}  // namespace umbra
