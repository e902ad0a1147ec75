#include "src/statistics/toy_maker.h"

#include <cmath>

#include "src/base/error.h"
#include "src/base/random.h"

namespace umbra {

ToyMaker::ToyMaker(ToyFamily& family, std::vector<std::vector<double>> parameters, std::vector<ToyOrigin> origins, std::uint64_t stream)
    : family_(family), parameters_(std::move(parameters)), origins_(std::move(origins)), stream_(stream), data_(family.size()) {
  EXPECT(parameters_.size() == family.size() && !origins_.empty());
  for (const ToyOrigin& origin : origins_) EXPECT(origin.parameters.size() == parameters_[origin.member].size());
}

void ToyMaker::make(std::uint64_t seed, std::uint64_t toy) {
  origin_ = 0;
  if (origins_.size() > 1) {
    RandomStream pick(seed, Purpose::select, toy, stream_);
    double left = pick.uniform();
    while (origin_ + 1 < origins_.size() && left >= origins_[origin_].share) left -= origins_[origin_++].share;
  }
  const ToyOrigin& origin = origins_[origin_];
  const ToyId id{seed, origin.stream, toy};
  family_.model(origin.member).generate(origin.parameters, id, data_[origin.member]);
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    if (i == origin.member || parameters_[i].empty()) continue;
    family_.model(i).generate(parameters_[i], id, data_[i]);
    family_.share(origin.member, data_[origin.member], i, data_[i]);
  }
}

std::span<const double> ToyMaker::start(std::size_t member) const {
  return member == origins_[origin_].member ? origins_[origin_].parameters : parameters_[member];
}

double ToyMaker::log_weight() {
  if (origins_.size() == 1 && is_hypothesis(origins_[0])) return 0.0;
  // Each origin's density relative to the hypothesis, in terms of its own member: what other members have beside is made the same way in both.
  double largest = -std::numeric_limits<double>::infinity();
  std::vector<double> relative;
  for (const ToyOrigin& origin : origins_) {
    double ratio = 0.0;
    if (!is_hypothesis(origin)) {
      ToyModel& model = family_.model(origin.member);
      model.set_data(data_[origin.member]);
      const double here = model.log_density(parameters_[origin.member]);
      if (here == -std::numeric_limits<double>::infinity()) return here;
      ratio = model.log_density(origin.parameters) - here;
    }
    relative.push_back(std::log(origin.share) + ratio);
    largest = std::max(largest, relative.back());
  }
  double sum = 0;
  for (const double r : relative) sum += std::exp(r - largest);
  return -largest - std::log(sum);
}

}  // namespace umbra
