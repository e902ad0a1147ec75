// umbra new: commented job files to start from.

#include <fmt/format.h>

#include <map>

#include "src/base/text.h"
#include "workflows/commands.h"

namespace umbra {
namespace {

constexpr const char* scan_template = R"(# A scan. `umbra check` tries it on a few points, `umbra run` runs it; `umbra list` says what else there is.
name: my-scan
seed: 1                          # the same seed gives the same points on any number of ranks
workflow: scan
parameters:                      # in the order of the columns of the result
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, label: 'y', prior: flat, range: [-5, 5]}
  # - {name: m, label: 'm_0', unit: GeV, prior: log, range: [10, 1000]}
# require: "x + y > 0"           # points where this is false are not evaluated
model: {type: rosenbrock}        # what is evaluated: see `umbra list models`
# constraints:                   # what the observables should be; their sum is added to log_likelihood
#   - {column: m_h, type: normal, value: 125.20, sigma: 0.11, theory: 2.0, source: PDG 2024}
sampler: {type: differential_evolution}
stop: {evaluations: 20000}
failures: {budget: 0.5, after: 100}   # stop a hopeless campaign early
output: {directory: runs/my-scan, save_every: 60s}
)";

constexpr const char* learn_template = R"(# Learns where a model is allowed, choosing the points itself; leaves a model for `umbra predict` and `umbra serve`. See docs/learning.md.
name: my-learning
seed: 1                          # the same seed gives the same points on any number of ranks
workflow: learn
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: rosenbrock}
target: {class: "log_likelihood > -100"}        # or {status: ok}: can it be computed? or {columns: [NAME]}: a number
start: {sampler: sobol, evaluations: 200}       # or {from: RUN}: the points of an earlier run
committee: {type: forest, trees: 100}           # see `umbra list committees`
query: {candidates: 10000, score: margin, batch: 100, lag: 1}   # lag 1: simulators work while the committee trains
test: {evaluations: 2000}                       # points that measure the committee and never train it
stop: {evaluations: 2000}                       # or accuracy: 0.98, or standing_still: 5 (steps)
output: {directory: runs/my-learning, save_every: 60s}
)";

constexpr const char* toys_template = R"(# Toys: p-values, limits and significances from pseudo-experiments. `umbra run` runs it; `umbra list statistics` and `umbra list "toy models"` say what else there is.
name: my-toys
seed: 1                          # the same seed gives the same toys on any number of ranks
workflow: toys
model: {type: counting, signal: 6, background: 4, observed: 5}
# model: {type: histfactory, workspace: search.json, patch: signal.json}   # a published likelihood (pyhf or HS3 JSON), with a signal to add
# model: {type: histfactory, workspace: search.json, patch: patchset.json, patch_names: all}   # many signals in one campaign
# model: {type: histfactory, workspace: search.json, data: asimov}         # expectations in place of the data: nothing is unblinded
# model: {type: regions, regions: [{name: SR1, observed: 5, background: 3.1, uncertainty: 0.8, signal: 2.5}]}   # the table of a paper; a list of models, each with a name: several
statistic: qmu_tilde             # leave it away for a discovery
limit: {confidence: 0.95}        # the upper limit on the signal strength; or one of
# hypotheses: [0.5, 1, 2]        # CLs at these signal strengths
# discovery: true                # the p-value of no signal
stop: {toys: 10000}              # of each hypothesis and side
# stop: {precision: {quantity: upper_limit, relative: 0.02}, max_toys: 100000}
output: {directory: runs/my-toys, save_every: 60s}
)";

const std::map<std::string, const char*>& templates() {
  static const std::map<std::string, const char*> all = {{"scan", scan_template}, {"toys", toys_template}, {"learn", learn_template}};
  return all;
}

}  // namespace

int new_command(const std::string& workflow) {
  const auto found = templates().find(workflow);
  if (found != templates().end()) {
    fmt::print("{}", found->second);
    return exit_code::done;
  }
  std::vector<std::string> names;
  for (const auto& [name, text] : templates()) names.push_back(name);
  fmt::print(stderr, "there is no job file to print for '{}'{}\n", workflow, suggestion(workflow, names));
  return exit_code::bad_job;
}

}  // namespace umbra
