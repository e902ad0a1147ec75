#pragma once
// Whether two models differ in their signals only: then toys without signal of one are toys of the other.

#include <string>

#include "src/statistics/histfactory.h"

namespace umbra {

/// Empty where models made from both workspaces have the same background: samples that the parameter of interest does not scale, channels,
/// observations, and the constraints of all parameters that both have (a signal with a staterror changes those it shares). Otherwise what differs.
std::string background_difference(const Workspace& a, const Workspace& b, const HistFactoryOptions& options = {});

}  // namespace umbra
