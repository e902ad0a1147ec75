#pragma once
// model: {type: external}: a chain of programs that anyone wrote, each with its inputs, outputs and limits.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "jobs/simulators/external_step.h"
#include "jobs/simulators/guard.h"
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
  Evaluation run_chain();
  Evaluation run_step(const ExternalStep& step, StepReport& report);
  Evaluation read_outputs(const ExternalStep& step, const Command& command, StepReport& report);
  Evaluation judge(const ExternalStep& step, const Command& command, const GuardReply& reply) const;
  void prepare();
  std::string folder(const ExternalStep& step) const;
  std::vector<std::string> result_files(const ExternalStep& step) const;
  std::string find_earlier(const ExternalStep& step, const std::string& file) const;
  void keep(const Evaluation& failed);

  std::vector<std::string> variables_;  ///< parameters, seed, outputs of every step
  std::size_t num_given_ = 0;           ///< parameters and seed
  std::vector<ExternalStep> steps_;
  std::vector<Column> columns_;
  int keep_failed_ = 0;
  int kept_ = 0;
  std::vector<double> values_;  ///< parallel to variables_
  std::vector<double> step_seconds_;  ///< [num steps] of this point; NaN where it was not run
  std::size_t num_outputs_ = 0;
  std::vector<StepReport> reports_;
  std::unique_ptr<Guard> guard_;  ///< started with the first point
};

}  // namespace umbra
