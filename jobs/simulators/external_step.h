#pragma once
// One step of a chain of external programs, as the job file describes it.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "jobs/simulators/command_line.h"
#include "jobs/simulators/guard_protocol.h"
#include "src/base/column.h"
#include "src/base/config.h"
#include "src/base/options.h"
#include "src/formats/extract.h"
#include "src/formats/slha.h"
#include "src/formats/text_template.h"
#include "src/space/expression.h"

namespace umbra {

/// A file that is written before the step runs.
struct StepInput {
  std::string name;
  TextTemplate text;
  std::string from;  ///< a file of an earlier step to copy instead; "" otherwise
};

/// A number that is read after it.
struct StepOutput {
  Column column;
  std::string file;  ///< in the step's folder, or "stdout", "stderr"
  std::unique_ptr<Extract> extract;
  std::optional<double> missing;  ///< its value where the place is not there; without it that is a parse_error
};

/// A tool's own word for a point that no theory allows. Any one of those given makes the point `unphysical`.
struct UnphysicalIf {
  std::string no_output;        ///< this file is not there, though the exit code means success
  std::vector<int> exit_codes;  ///< the program ends with one of these
  std::optional<LinePattern> pattern;
  std::string pattern_file;  ///< the pattern is found here
  std::optional<long> spinfo;
  std::string spinfo_file;  ///< block SPINFO has this entry here
};

/// Immutable but for what the expressions keep; one thread at a time.
struct ExternalStep {
  struct Options {
    std::string name, command, when, copy;
    Config inputs, outputs, unphysical_if;
    Seconds timeout{600.0}, cpu_time{0.0};
    Bytes memory{0.0}, max_output{1e8};
    int retries = 0, cores = 1;
    std::vector<double> exit_codes = {0};
    std::vector<std::string> cache;
  };
  static OptionSet<Options> options();

  /// @param variables what expressions and templates may use: parameters, `seed`, outputs of earlier steps
  /// @param index counts from 0 and names the step where the job file does not
  static ExternalStep read(const Config& map, std::size_t index, const std::vector<std::string>& variables, Faults& faults);

  std::string name;
  CommandLine command;
  std::optional<Expression> when;
  std::string copy;  ///< a folder of which each worker gets its own copy, where the step then runs; absolute, or ""
  std::vector<std::string> cache;  ///< what stays in the copy from point to point, relative to it
  std::vector<StepInput> inputs;
  std::vector<StepOutput> outputs;
  std::vector<UnphysicalIf> unphysical_if;
  ProcessLimits limits;
  int retries = 0;
  int cores = 1;
  std::vector<double> good_exit_codes;
  std::size_t num_variables = 0;  ///< length of `variables`
};

}  // namespace umbra
