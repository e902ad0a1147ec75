// Gaussian particle filter as an optimiser, one of the methods compared in arXiv:2101.04525.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "src/base/error.h"
#include "src/samplers/generations.h"

namespace umbra {
namespace {

/// Uniform seeds; then iterations, each of which keeps the best points of all so far as survivors and gives them children at normal
/// distances. A survivor whose log-likelihood is z below the best has weight 1 - z / max z, z at most `clip`, and as many children as its
/// share, rounded so that they sum to the iteration. The width falls by `decay` an iteration; scale: equal (one width), or logarithmic
/// (each child has its own, evenly spread in the logarithm between the present width and the last one). Widths are relative to the range, or, with
/// `units: parameter`, absolute where the prior is flat and of the natural logarithm of the parameter where it is log; `widths` has one for each parameter.
/// Points to start from stand in for the first of the uniform seeds, best first, up to half of them. An extended campaign keeps the seeds and children with which it began. Ends by itself after `iterations`. An evaluation that failed survives only where too few others are there, and then with weight 0.
class ParticleFilter : public Generations {
 public:
  struct Options {
    std::optional<std::size_t> seeds;
    std::optional<std::size_t> children;
    std::size_t iterations = 180;
    double survival = 0.2;
    double width = 0.2;
    double decay = 0.95;
    std::string units = "range";
    std::string scale = "equal";
    std::vector<double> widths;
    double clip = 1e12;
    std::size_t lag = 0;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("seeds", &Options::seeds, "uniform points at the start, at least 10; none: three quarters of stop.evaluations up to 1000000, or 10000", between(10, 1e8))
        .add("children", &Options::children, "points an iteration, at least 10; none: what is left of stop.evaluations after the seeds, or 1000", between(10, 1e8))
        .add("iterations", &Options::iterations, "after how many it ends", stop_criterion(between(1, 1e9)))
        .add("survival", &Options::survival, "survivors, as a part of the children of an iteration", between(1e-6, 1))
        .add("width", &Options::width, "first standard deviation, in the units that 'units' says", above(0))
        .add("units", &Options::units, "what widths are measured in. range: each parameter's range; parameter: the parameter itself where its prior is flat, its natural logarithm where it is log",
             one_of({"range", "parameter"}))
        .add("decay", &Options::decay, "factor of the width from one iteration to the next", between(1e-6, 1))
        .add("scale", &Options::scale, "equal: all children at the present width; logarithmic: at widths from there down to the last one", one_of({"equal", "logarithmic"}))
        .add("widths", &Options::widths, "one first standard deviation for each parameter, instead of 'width'")
        .add("clip", &Options::clip, "differences of log-likelihood above this count as this", above(0))
        .add("lag", &Options::lag, "generations that are in flight beside the one that is waited for", between(0, 100));
  }

  ParticleFilter(const Options& options, const SamplerContext& context) : Generations(context, options.lag), options_(options), widths_(options.widths) {
    VALIDATE(widths_.empty() || widths_.size() == dim(), "'widths' has {} numbers for {} parameters, give one for each", widths_.size(), dim());
    for (double w : widths_) VALIDATE(w > 0, "'widths' contains {} (a width is above 0), correct it", w);
    if (widths_.empty()) widths_.assign(dim(), options.width);
    if (options.units == "parameter") {
      for (std::size_t d = 0; d < context.lengths.size(); ++d) {
        VALIDATE(!std::isnan(context.lengths[d]), "'units: parameter' needs flat or log priors, which sampled parameter {} has not: leave it out, and give widths relative to the range", d + 1);
        widths_[d] /= context.lengths[d];
      }
      VALIDATE(!context.lengths.empty(), "'units: parameter' needs named parameters, whose ranges are not known here: give widths relative to the range");
    }
    for (double w : widths_) VALIDATE(w <= 10, "a width of {} ranges is more than this method can use, take at most 10", w);
    const bool known = context.evaluations != no_end;
    seeds_ = options.seeds.value_or(known ? std::clamp<std::size_t>(context.evaluations / 4 * 3, 10, 1000000) : 10000);
    children_ = options.children.value_or(known && context.evaluations > seeds_ ? std::max<std::size_t>(10, (context.evaluations - seeds_) / options.iterations) : 1000);
    if (context.start) given_ = context.start->best(seeds_ / 2);
    start();
  }

  bool stops_by_itself() const override { return true; }
  std::vector<std::pair<std::string, std::uint64_t>> planned() const override {
    std::vector<std::pair<std::string, std::uint64_t>> made;
    if (!options_.seeds) made.emplace_back("seeds", seeds_);
    if (!options_.children) made.emplace_back("children", children_);
    return made;
  }

 private:
  std::size_t next_size(std::size_t in_flight) const override {
    const std::size_t drawn = learned_ + in_flight;
    if (drawn > options_.iterations) return 0;
    return drawn == 0 ? seeds_ : learned_ == 0 ? 0 : children_;
  }

  void draw(RandomStream& stream, TaskId, std::size_t index, std::span<double> u) const override {
    if (learned_ == 0) {
      stream.fill_uniform(u);
      if (index < given_.size()) std::copy(given_[index].begin(), given_[index].end(), u.begin());
      return;
    }
    double factor = std::pow(options_.decay, static_cast<double>(learned_ - 1));
    if (options_.scale == "logarithmic") {
      const double last = std::pow(options_.decay, static_cast<double>(options_.iterations));
      factor *= std::pow(last / factor, stream.uniform());
    }
    const double* parent = &survivors_[parents_[index] * dim()];
    for (std::size_t d = 0; d < dim(); ++d) u[d] = parent[d] + factor * widths_[d] * stream.normal();
  }

  void learn(const Generation& generation) override {
    ++learned_;
    for (std::size_t i = 0; i < generation.values.size(); ++i) {
      for (std::size_t d = 0; d < dim(); ++d) survivors_.push_back(box().inside(generation.u[i * dim() + d], d));
      values_.push_back(generation.values[i]);
    }
    std::vector<std::size_t> order(values_.size());
    std::iota(order.begin(), order.end(), 0);
    const std::size_t keep = std::min(order.size(), std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(options_.survival * static_cast<double>(children_)))));
    const auto better = [&](std::size_t a, std::size_t b) { return values_[a] != values_[b] ? values_[a] > values_[b] : a > b; };  // newer ones first
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(keep), order.end(), better);
    std::vector<double> kept, kept_values;
    for (std::size_t i = 0; i < keep; ++i) {
      kept.insert(kept.end(), &survivors_[order[i] * dim()], &survivors_[order[i] * dim()] + dim());
      kept_values.push_back(values_[order[i]]);
    }
    survivors_ = std::move(kept);
    values_ = std::move(kept_values);
    choose_parents();
  }

  /// Integer numbers of children in proportion to the weights: whole parts first, then the largest remainders.
  void choose_parents() {
    std::vector<double> weight(values_.size());
    double worst = 0.0;
    const auto below = [&](std::size_t i) { return values_[i] == values_[0] ? 0.0 : std::min(values_[0] - values_[i], options_.clip); };
    for (std::size_t i = 0; i < weight.size(); ++i) worst = std::max(worst, below(i));
    for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = worst > 0 ? 1.0 - below(i) / worst : 1.0;
    const double sum = std::accumulate(weight.begin(), weight.end(), 0.0);
    parents_.clear();
    std::vector<std::pair<double, std::size_t>> rest;
    for (std::size_t i = 0; i < weight.size(); ++i) {
      const double share = weight[i] / sum * static_cast<double>(children_);
      const double whole = std::min(std::floor(share), static_cast<double>(children_ - parents_.size()));
      parents_.insert(parents_.end(), static_cast<std::size_t>(whole), i);
      rest.emplace_back(whole - share, i);
    }
    std::sort(rest.begin(), rest.end());
    for (std::size_t i = 0; parents_.size() < children_; ++i) parents_.push_back(rest[i % rest.size()].second);
  }

  std::vector<double> model() const override {
    std::vector<double> all{static_cast<double>(seeds_), static_cast<double>(children_), static_cast<double>(learned_)};
    all.insert(all.end(), values_.begin(), values_.end());
    all.insert(all.end(), survivors_.begin(), survivors_.end());
    return all;
  }
  void set_model(const std::vector<double>& model) override {
    constexpr std::ptrdiff_t head = 3;
    VALIDATE(model.size() >= head && (model.size() - head) % (dim() + 1) == 0, "the sampler's saved state is damaged, start from the points told instead");
    const auto seeds = static_cast<std::size_t>(model[0]), children = static_cast<std::size_t>(model[1]);
    VALIDATE(options_.seeds.value_or(seeds) == seeds && options_.children.value_or(children) == children,
             "the saved state is of {} seeds and {} children, the job says {} and {}: restore these options, or start anew in another directory", seeds, children, options_.seeds.value_or(seeds),
             options_.children.value_or(children));
    seeds_ = seeds;
    children_ = children;
    learned_ = static_cast<std::size_t>(model[2]);
    const auto count = static_cast<std::ptrdiff_t>((model.size() - head) / (dim() + 1));
    values_.assign(model.begin() + head, model.begin() + head + count);
    survivors_.assign(model.begin() + head + count, model.end());
    if (!values_.empty()) choose_parents();
  }

  Options options_;
  std::vector<double> widths_;  ///< [dim]
  std::size_t seeds_ = 0, children_ = 0;
  std::vector<std::vector<double>> given_;  ///< seeds from an earlier run
  std::size_t learned_ = 0;             ///< generations learned from
  std::vector<double> survivors_;       ///< [survivors x dim], best first
  std::vector<double> values_;          ///< [survivors]
  std::vector<std::size_t> parents_;    ///< [children] the survivor that each child of the next generation comes from
};

const bool registered = SamplerRegistry::instance().add<ParticleFilter>(
    "particle_filter", "best fit: many uniform seeds, then normal children of the survivors at falling widths; ends by itself", "arXiv:2101.04525");

}  // namespace
}  // namespace umbra
