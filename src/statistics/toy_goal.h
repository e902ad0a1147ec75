#pragma once
// What toys are made to find out.

namespace umbra {

enum class ToyGoal {
  hypotheses,
  limit,
  discovery,
  interval,  ///< Feldman-Cousins, from `tested`
  fit,       ///< whether the model without a signal describes the data
};

}  // namespace umbra
