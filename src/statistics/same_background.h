#pragma once
// Whether two models differ in their signals only: then toys without signal of one are toys of the other.

#include <string>

#include "src/statistics/histfactory.h"

namespace umbra {

/// Empty where two models have the same background: samples that the parameter of interest does not scale, channels, observations, and the bounds and
/// constraints of all parameters that both have (a signal with a staterror changes those it shares). Otherwise what differs.
/// @param a, b the workspaces that the models were made from
std::string background_difference(const Workspace& a, const HistFactory& first, const Workspace& b, const HistFactory& second);

}  // namespace umbra
