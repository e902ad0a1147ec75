// umbra list: what there is, from the declarations that the job file is read with.

#include <fmt/format.h>

#include <map>

#include "io/yaml.h"
#include "src/base/error.h"
#include "src/learning/committee.h"
#include "src/models/evaluator.h"
#include "src/samplers/sampler.h"
#include "src/space/constraint.h"
#include "src/space/parameter_block.h"
#include "src/space/parameter_space.h"
#include "src/space/prior.h"
#include "src/statistics/test_statistic.h"
#include "src/statistics/toy_family.h"
#include "workflows/commands.h"
#include "workflows/workflow.h"

namespace umbra {
namespace {

struct Shown {
  std::string summary, reference;
  std::vector<OptionDoc> options;
  std::vector<std::string> lines;  ///< text as it stands
};
using Shelf = std::map<std::string, Shown>;

template <class R>
Shelf shelf() {
  Shelf all;
  for (const auto& [name, e] : R::instance().entries()) all[name] = {e.summary, e.reference, e.options, {}};
  return all;
}

Shelf priors() {
  Shelf all = shelf<PriorRegistry>();
  all.merge(shelf<BlockRegistry>());
  return all;
}

Shelf toy_models() {
  Shelf all = shelf<ToyModelRegistry>();
  all.merge(shelf<ToyFamilyRegistry>());
  return all;
}

Shelf presets() {
  Shelf all;
  for (const Presets::Entry& e : Presets::entries()) all[e.name] = {e.summary, "", {}, {}};
  return all;
}

// A named set of constraints, each as the job file would have it.
Shelf sets() {
  Shelf all;
  for (const ConstraintSets::Entry& e : ConstraintSets::entries()) {
    Faults none;
    Shown& shown = all[e.name];
    shown.summary = e.summary + "; - {include: " + e.name + "}";
    const Config list = ConstraintSets::get(e.name, {}, none);
    for (const Config& constraint : list.elements()) shown.lines.push_back(write_yaml(constraint));
  }
  return all;
}

const std::vector<std::pair<std::string, Shelf (*)()>>& shelves() {
  static const std::vector<std::pair<std::string, Shelf (*)()>> all = {
      {"workflows", shelf<WorkflowRegistry>}, {"samplers", shelf<SamplerRegistry>},       {"models", shelf<ModelRegistry>},
      {"priors", priors},       {"constraints", shelf<ConstraintRegistry>}, {"presets", presets},
      {"sets", sets},
      {"committees", shelf<CommitteeRegistry>}, {"toy models", toy_models}, {"statistics", shelf<TestStatisticRegistry>}};
  return all;
}

std::string indented(std::string text, const std::string& margin) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += margin.size()) text.insert(++at, margin);
  return text;
}

void print_in_full(const Shelf& shelf) {
  for (const auto& [name, e] : shelf) {
    fmt::print("{}\n    {}{}\n", name, e.summary, e.reference.empty() ? "" : " [" + e.reference + "]");
    std::size_t width = 0;
    for (const OptionDoc& o : e.options) width = std::max(width, o.name.size() + o.type.size() + o.default_value.size() + 7);
    for (const OptionDoc& o : e.options)
      fmt::print("    {:<{}}  {}\n", fmt::format("  {} ({}; {})", o.name, o.type, o.default_value), width, o.stops ? o.meaning + " (may stand in `stop`)" : o.meaning);
    for (const std::string& text : e.lines) fmt::print("    - {}\n", indented(text, "      "));
    fmt::print("\n");
  }
}

}  // namespace

int list_command(const std::string& what) {
  if (what.empty()) {
    for (const auto& [noun, make] : shelves()) {
      fmt::print("{}:\n", noun);
      for (const auto& [name, e] : make()) fmt::print("  {:<24} {}\n", name, e.summary);
    }
    fmt::print("`umbra list samplers` (or another of these words) prints the options, their defaults and what they mean.\n");
    return exit_code::done;
  }
  std::vector<std::string> nouns;
  for (const auto& [noun, make] : shelves()) {
    if (noun == what || noun == what + "s") {
      print_in_full(make());
      return exit_code::done;
    }
    nouns.push_back(noun);
  }
  fmt::print(stderr, "there is no list of '{}'{}\n", what, suggestion(what, nouns));
  return exit_code::bad_job;
}

}  // namespace umbra
