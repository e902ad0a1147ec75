#include "workflows/toys_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "src/base/text.h"

namespace umbra {
namespace {

const char* question(ToyGoal goal) {
  switch (goal) {
    case ToyGoal::limit: return "an upper limit";
    case ToyGoal::discovery: return "a discovery";
    case ToyGoal::interval: return "an interval";
    case ToyGoal::fit: return "a goodness of fit";
    default: return "hypotheses";
  }
}

}  // namespace

void require_suited(const TestStatistic& statistic, const std::string& type, ToyGoal goal, Mark mark, Faults& faults) {
  if (statistic.suits(goal)) return;
  std::vector<std::string> suited;
  Faults none;
  for (const std::string& name : TestStatisticRegistry::instance().names())
    if (const auto other = TestStatisticRegistry::instance().make(Config::map({{"type", Config(name), {}}}), none); other && other->suits(goal)) suited.push_back(name);
  if (goal == ToyGoal::discovery) suited.push_back("{type: number_of_events, discovery: true}");
  faults.add(mark, fmt::format("statistic: {} as it is set does not answer the question of {}: take {}, or leave 'statistic' away", type, question(goal), join(suited, " or ")));
}

void require_distinct(const Config& hypotheses, Faults& faults) {
  std::map<double, std::string> seen;
  for (const Config& element : hypotheses.elements()) {
    const auto poi = parse_number(element.text());
    if (!poi) continue;  // told when it is read
    const auto [first, fresh] = seen.emplace(*poi, element.text());
    if (!fresh)
      faults.add(element.mark().line > 0 ? element.mark() : hypotheses.mark(),
                 fmt::format("hypotheses: {} is the signal strength {} that is there already (its toys would count twice): remove one", element.text(), first->second));
  }
}

void require_defined(const std::vector<double>& tested, const ToyFamily& family, Mark mark, Faults& faults) {
  for (std::size_t m = 0; m < family.size(); ++m) {
    const ToyModel& model = family.model(m);
    if (model.poi() == ToyModel::none) continue;
    const double low = std::min(model.lowest_poi(), model.poi_range().low), high = model.highest_poi();
    for (const double poi : tested) {
      if (poi >= low && poi <= high) continue;
      faults.add(mark, fmt::format("a signal strength of {:g} is {} {:.6g}, the {} at which the model{} is defined: leave it away", poi, poi < low ? "below" : "above", poi < low ? low : high,
                                   poi < low ? "lowest" : "highest", family[m].name.empty() ? "" : " " + family[m].name));
      return;
    }
  }
}

}  // namespace umbra
