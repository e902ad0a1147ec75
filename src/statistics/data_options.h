#pragma once
// What a job may say of the data of a model that has observations.

#include <string>

#include "src/base/options.h"
#include "src/statistics/histfactory_toy_model.h"

namespace umbra {

/// A base of a model's options.
struct DataOptions {
  std::string data = "observed";
  double asimov = 0.0;
  bool blind = false;

  template <class O>
  static void add_to(OptionSet<O>& o) {
    o.add("data", static_cast<std::string O::*>(&DataOptions::data),
          "what stands for the data of the experiment: its observations, or the expectations at signal strength `asimov`", one_of({"observed", "asimov"}));
    o.add("asimov", static_cast<double O::*>(&DataOptions::asimov), "signal strength of the Asimov data set", at_least(0));
    o.add("blind", static_cast<bool O::*>(&DataOptions::blind), "never look at the observations: as data: asimov");
  }

  HistFactoryToyOptions toys() const {
    return {.data = blind || data == "asimov" ? DataChoice::asimov : DataChoice::observed, .asimov_poi = asimov, .fit = {}};
  }
};

}  // namespace umbra
