// umbra run: runs a job, or goes on with it.

#include "workflows/commands.h"
#include "workflows/runner.h"
#include "workflows/starting.h"

namespace umbra {

int run_command(const RunOptions& given, const std::string& program) {
  RunOptions options = given;
  if (!options.slice.empty()) options.overrides.push_back("slice=" + options.slice);
  if (options.ranks > 0) {
    std::vector<std::string> words = {"run", options.job};
    words.insert(words.end(), options.overrides.begin(), options.overrides.end());
    if (options.fresh) words.push_back("--fresh");
    if (options.quiet) words.push_back("--quiet");
    return start_mpirun(options.ranks, program, words);
  }
  catch_signals();
  return with_job(options.job, options.overrides,
                  [&](const Job& job, const Plan& plan, const Communicator& ranks) { return run_plan(job, plan, ranks, {options.fresh, options.quiet}); });
}

}  // namespace umbra
