#include "src/learning/model.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.h"
#include "src/base/text.h"
#include "src/formats/slha.h"
#include "src/learning/score.h"
#include "src/space/raise.h"

namespace umbra {
namespace {

constexpr std::size_t block = 1024;
constexpr double gaps = 10.0;  // mean distances between neighbours within which points reach an end

ParameterSpace read_space(const Config& parameters) {
  Faults faults;
  ParameterSpace space = ParameterSpace::read(parameters, faults);
  raise(faults);
  return space;
}

std::vector<std::size_t> places(const ParameterSpace& space) {
  std::vector<std::size_t> all;
  for (const std::string& name : space.unit_names()) all.push_back(static_cast<std::size_t>(std::find(space.names().begin(), space.names().end(), name) - space.names().begin()));
  return all;
}

}  // namespace

std::vector<std::string> column_names(const ModelCard& card) {
  std::vector<std::string> names;
  for (const LearntColumn& c : card.columns) names.insert(names.end(), {c.name, card.columns.size() == 1 ? "spread" : "spread_" + c.name});
  return names;
}

LearnedModel::LearnedModel(ModelCard card, VotersList voters) : card_(std::move(card)), space_(read_space(card_.parameters)), voters_(std::move(voters)), place_(places(space_)) {
  VALIDATE(card_.low.size() == inputs().size() && card_.high.size() == inputs().size(), "the model's box has {} sides, and it has {} parameters: the model is altered, train it again",
           card_.low.size(), inputs().size());
  VALIDATE(count_votes(voters_) > 0 && count_votes(voters_) % targets() == 0, "the model's committee has no members, or not as many for each number: the model is altered, train it again");
}

std::vector<std::string> LearnedModel::units() const {
  std::vector<std::string> all;
  for (const std::size_t p : place_) all.push_back(space_.columns()[p].unit);
  return all;
}

std::vector<std::size_t> LearnedModel::outside(std::span<const double> x) const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!(x[i] >= card_.low[i] && x[i] <= card_.high[i])) all.push_back(i);
  return all;
}

std::vector<Prediction> LearnedModel::predict(std::span<const double> x) {
  const std::size_t dim = inputs().size(), n = x.size() / dim, votes = count_votes(voters_), own = votes / targets();
  EXPECT(x.size() == n * dim);
  std::vector<Prediction> all(n * targets());
  std::vector<double> theta(space_.size(), 0.0), u(dim);
  std::vector<float> features, matrix;
  for (std::size_t first = 0; first < n; first += block) {
    const std::size_t size = std::min(block, n - first);
    features.clear();
    for (std::size_t i = first; i < first + size; ++i) {
      const auto point = x.subspan(i * dim, dim);
      const bool outside_box = !outside(point).empty();
      for (std::size_t t = 0; t < targets(); ++t) all[i * targets() + t].outside = outside_box;
      for (std::size_t d = 0; d < dim; ++d) theta[place_[d]] = std::isnan(point[d]) ? card_.low[d] : std::clamp(point[d], std::min(card_.low[d], card_.high[d]), card_.high[d]);
      space_.to_unit(theta, u);
      features.insert(features.end(), u.begin(), u.end());
    }
    matrix.resize(size * votes);
    predict_votes(voters_, features, dim, matrix);
    for (std::size_t k = 0; k < size * targets(); ++k) {
      const auto row = std::span<const float>(matrix).subspan(k * own, own);
      Prediction& p = all[first * targets() + k];
      p.vote = mean_vote(row);
      p.spread = score(Score::deviation, row);
      p.klass = p.vote > 0.5;
      p.confidence = card_.classes ? card_.calibration.confidence(p.vote) : 0.0;
    }
  }
  return all;
}

std::string slha_fault(const std::string& entry, const std::string& parameter, const std::vector<std::string>& inputs) {
  if (!SlhaKey::parse(entry)) return fmt::format("'{}' is no SLHA entry: write a block and its numbers, as in \"EXTPAR 1\"", entry);
  if (std::find(inputs.begin(), inputs.end(), parameter) == inputs.end()) return fmt::format("'{}' is no parameter of the model (those that are sampled){}", parameter, suggestion(parameter, inputs));
  return {};
}

std::unique_ptr<Committee> make_committee(const ModelCard& card) {
  const std::size_t dim = read_space(card.parameters).dim();
  Faults faults;
  auto committee = CommitteeRegistry::instance().make(card.committee, faults, CommitteeContext{dim, card.classes, card.seed});
  raise(faults);
  return committee;
}

void cover_box(const ParameterSpace& space, std::span<const double> u, std::vector<double>& low, std::vector<double>& high) {
  const std::size_t dim = space.dim(), n = u.size() / dim;
  EXPECT(n > 0);
  const std::vector<std::size_t> place = places(space);
  std::vector<double> smallest(dim, 1.0), largest(dim, 0.0), theta(space.size()), elsewhere(dim);
  low.assign(dim, std::numeric_limits<double>::infinity());
  high.assign(dim, -std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < n; ++i) {
    const auto point = u.subspan(i * dim, dim);
    space.to_physical(point, theta);
    for (std::size_t d = 0; d < dim; ++d) {
      smallest[d] = std::min(smallest[d], point[d]);
      largest[d] = std::max(largest[d], point[d]);
      low[d] = std::min(low[d], theta[place[d]]);
      high[d] = std::max(high[d], theta[place[d]]);
    }
  }
  const double reach = gaps / static_cast<double>(n);
  const auto value = [&](std::size_t d, double at, double others = 0.5) {
    std::fill(elsewhere.begin(), elsewhere.end(), others);
    elsewhere[d] = at;
    space.to_physical(elsewhere, theta);
    return theta[place[d]];
  };
  for (std::size_t d = 0; d < dim; ++d) {
    if (value(d, 0.001) != value(d, 0.001, 0.25) || value(d, 0.999) != value(d, 0.999, 0.25)) continue;  // depends on others
    // A prior without an end goes on for ever beyond its outermost thousandth.
    const double width = value(d, 0.999) - value(d, 0.001);
    const bool has_low = value(d, 0.001) - value(d, 0.0) < 0.1 * width, has_high = value(d, 1.0) - value(d, 0.999) < 0.1 * width;
    if (has_low && smallest[d] < reach) low[d] = std::min(low[d], value(d, 0.0));
    if (has_high && largest[d] > 1.0 - reach) high[d] = std::max(high[d], value(d, 1.0));
  }
}

}  // namespace umbra
