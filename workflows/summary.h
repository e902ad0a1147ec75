#pragma once
// The numbers of a result: RUN/summary.json for scripts, /summary in results.h5, a table on the terminal. One source for all three.

#include <string>
#include <vector>

#include "io/table.h"
#include "src/samplers/sampler.h"
#include "workflows/ledger.h"

namespace umbra {

struct Summary {
  std::string name;
  std::string ending;  ///< complete, over_budget, exhausted, interrupted
  const Ledger* ledger = nullptr;
  std::vector<std::string> parameters;  ///< names of `best`'s entries
  std::size_t first_parameter = 0;      ///< position of the first of them in a row
  double busy_share = 0.0;  ///< NaN: nothing was evaluated, and there is none
  SamplerResult sampler;
  std::string details;  ///< a JSON object whose entries are shown beside; "" for none
};

std::string summary_json(const Summary& summary);
/// Groups /summary, /summary/statuses, /summary/best, and /posterior where the sampler has one.
std::vector<Group> summary_groups(const Summary& summary);
/// For people: the best point, the statuses with an example of each, what the sampler says.
std::string summary_text(const Summary& summary);

}  // namespace umbra
