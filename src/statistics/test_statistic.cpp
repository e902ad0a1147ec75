#include "src/statistics/test_statistic.h"

#include <algorithm>

namespace umbra {

PoiRange TestStatistic::free_range(const ToyModel& model, double poi) const {
  PoiRange range = model.poi_range();
  range.low = std::min(std::max(range.low, 0.0), poi);
  range.high = std::max(range.high, poi);
  if (reach().below_zero) range.low = std::min(range.low, model.lowest_poi());
  if (reach().above_bound) range.high = std::max(range.high, model.highest_poi());
  return range;
}

}  // namespace umbra
