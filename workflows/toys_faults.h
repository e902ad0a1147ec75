#pragma once
// Faults of a toys job that only show where its parts meet: a statistic and a goal, signal strengths and a model.

#include <vector>

#include "src/statistics/test_statistic.h"
#include "src/statistics/toy_family.h"

namespace umbra {

/// A statistic that does not answer the question; those that do are named.
void require_suited(const TestStatistic& statistic, const std::string& type, ToyGoal goal, Mark mark, Faults& faults);
/// Signal strengths given twice: their toys are the same, and would count twice.
void require_distinct(const Config& hypotheses, Faults& faults);
/// Signal strengths at which a model's rates, or its -ln L, are not defined.
void require_defined(const std::vector<double>& tested, const ToyFamily& family, Mark mark, Faults& faults);

}  // namespace umbra
