// CMA-ES (arXiv:1604.00772) with restarts in two regimes, BIPOP (doi:10.1145/1570256.1570333), after a scan along the axes.

#include <algorithm>
#include <cmath>
#include <memory>

#include "src/base/error.h"
#include "src/samplers/axis_scan.h"
#include "src/samplers/cma.h"
#include "src/samplers/generations.h"

namespace umbra {
namespace {

/// A scan along the axes (AxisScan), which solves what is separable; a run of small generations from its best point, which solves what has
/// one valley however long and turned; then runs from random places: of large generations, twice as large each time, against many local
/// optima, and with `bipop` three times as many evaluations in runs of small generations (2 to 8 times 4 + 3 ln(parameters) points), against
/// wide valleys that mislead. A run ends when its values agree within `tolerance` or its distribution has shrunk or degenerated. As the
/// distribution shrinks by a factor s, its generations do by s^`shrink`.
/// Points to start from, best first, are the first that the scan compares, four for each parameter at most; without the scan the best of them begins the
/// first run. Later runs begin anywhere.
/// Failures rank below all values; a generation of equal values teaches nothing, and so many of them end the run.
class CmaEs : public Generations {
 public:
  struct Options {
    bool scan = true;
    std::optional<std::size_t> population;
    std::optional<std::size_t> large_population;
    std::size_t max_population = 10000;
    double sigma = 0.3;
    double shrink = 0.5;
    std::string restarts = "bipop";
    double tolerance = 1e-5;
    std::size_t lag = 0;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("scan", &Options::scan, "whether to look along each axis first; costs about 68 evaluations a parameter")
        .add("population", &Options::population, "points a generation in the first run, at least 4; none: 8 + 6 ln(parameters)", between(4, 1e6))
        .add("large_population", &Options::large_population, "points a generation in the first run of large ones; none: 60 a parameter", between(4, 1e6))
        .add("max_population", &Options::max_population, "restarts make no larger one", between(4, 1e6))
        .add("sigma", &Options::sigma, "first and largest width, in units of each parameter's range", between(1e-6, 1))
        .add("shrink", &Options::shrink, "power of the width that the points a generation follow, down to 4 + 3 ln(parameters); 0: always as many", between(0, 2))
        .add("restarts", &Options::restarts, "what follows a run that has ended: bipop (large and smaller populations in turn), ipop (twice the population), same (again), none (end)",
             one_of({"bipop", "ipop", "same", "none"}))
        .add("tolerance", &Options::tolerance, "a run ends when the log-likelihoods of late differ by less", above(0))
        .add("lag", &Options::lag, "generations that are in flight beside the one that is waited for", between(0, 100));
  }

  CmaEs(const Options& options, const SamplerContext& context) : Generations(context, options.lag), options_(options), scan_(box(), context.seed, given(context)) {
    VALIDATE(context.dim >= 1, "there are no parameters to search, add some");
    const auto n = static_cast<double>(dim());
    least_ = std::floor(4 + 3 * std::log(n));
    size_ = options.population ? static_cast<double>(*options.population) : std::floor(8 + 6 * std::log(n));
    large_size_ = options.large_population ? static_cast<double>(*options.large_population) : 60 * n;
    best_.assign(dim(), 0.5);
    const auto points = given(context);
    started_ = !points.empty();
    if (started_) best_ = points.front();
    if (!options.scan) begin_run(1);
    start();
  }

  bool stops_by_itself() const override { return options_.restarts == "none"; }

 private:
  /// As many as the scan compares.
  static std::vector<std::vector<double>> given(const SamplerContext& context) {
    return context.start ? context.start->best(AxisScan::first_points(context.dim)) : std::vector<std::vector<double>>{};
  }
  bool scanning() const { return run_ == 0; }
  std::size_t next_size(std::size_t in_flight) const override {
    if (ended_) return 0;
    if (scanning()) return in_flight > 0 ? 0 : scan_.points().size() / dim();
    return static_cast<std::size_t>(std::max(std::min(size_, least_), std::floor(size_ * std::pow(cma_->width() / options_.sigma, options_.shrink))));
  }
  std::uint64_t epoch() const override { return static_cast<std::uint64_t>(run_); }
  void draw(RandomStream& stream, TaskId, std::size_t index, std::span<double> u) const override {
    if (scanning()) std::copy_n(&scan_.points()[index * dim()], dim(), u.begin());
    else cma_->draw(stream, u);
  }

  void learn(const Generation& generation) override {
    const auto best = static_cast<std::size_t>(std::max_element(generation.values.begin(), generation.values.end()) - generation.values.begin());
    if (generation.values[best] > best_value_) {
      best_value_ = generation.values[best];
      for (std::size_t d = 0; d < dim(); ++d) best_[d] = box().inside(generation.u[best * dim() + d], d);
    }
    if (scanning()) {
      scan_.learn(generation.values);
      if (scan_.ended()) begin_run(1);
      return;
    }
    (small_ ? used_small_ : used_large_) += static_cast<double>(generation.values.size());
    if (generation.epoch != epoch()) return;  // drawn before the restart
    cma_->learn(generation.u, generation.values);
    if (cma_->ended(options_.tolerance)) next_run();
  }

  void next_run() {
    if (options_.restarts == "none") {
      ended_ = true;
      return;
    }
    small_ = options_.restarts == "bipop" && run_ > 1 && used_small_ < 3 * used_large_;
    if (small_) {
      RandomStream stream(context().seed, Purpose::select, static_cast<std::uint64_t>(run_));
      size_ = std::floor(2 * least_ * std::pow(4.0, stream.uniform()));
    } else if (options_.restarts != "same") {
      if (run_ > 1) large_size_ = std::min(2 * large_size_, static_cast<double>(options_.max_population));
      size_ = large_size_;
    }
    begin_run(run_ + 1);
  }

  void begin_run(double run) {
    run_ = run;
    std::vector<double> mean = best_;
    if (run_ > 1 || (!options_.scan && !started_)) RandomStream(context().seed, Purpose::initialise, static_cast<std::uint64_t>(run_)).fill_uniform(mean);
    // Measured: small generations find more with the mirror images, large ones find it sooner without.
    const bool large = size_ >= large_size_;
    cma_ = std::make_unique<Cma>(box(), static_cast<std::size_t>(size_), mean, options_.sigma, large ? 0.05 : std::numeric_limits<double>::infinity());
  }

  std::vector<double> model() const override {
    std::vector<double> all{run_, size_, large_size_, used_large_, used_small_, small_ ? 1.0 : 0.0, ended_ ? 1.0 : 0.0, best_value_};
    all.insert(all.end(), best_.begin(), best_.end());
    if (!scanning()) {
      cma_->save(all);
    } else {
      const auto scan = scan_.save();
      all.insert(all.end(), scan.begin(), scan.end());
    }
    return all;
  }
  void set_model(const std::vector<double>& model) override {
    const char* damaged = "the sampler's saved state is damaged, start from the points told instead";
    VALIDATE(model.size() > 8 + dim() && model[1] >= 4 && model[1] <= 1e6, "{}", damaged);
    size_ = model[1], large_size_ = model[2], used_large_ = model[3], used_small_ = model[4];
    small_ = model[5] != 0.0, ended_ = model[6] != 0.0, best_value_ = model[7];
    best_.assign(model.begin() + 8, model.begin() + 8 + static_cast<std::ptrdiff_t>(dim()));
    const auto rest = std::span(model).subspan(8 + dim());
    run_ = model[0];
    if (scanning()) return scan_.load(rest);
    begin_run(run_);
    VALIDATE(rest.size() == cma_->state_size(), "{}", damaged);
    cma_->load(rest);
  }

  Options options_;
  AxisScan scan_;
  std::unique_ptr<Cma> cma_;
  double least_ = 0;
  double run_ = 0, size_ = 0, large_size_ = 0, used_large_ = 0, used_small_ = 0;  // whole numbers
  bool small_ = false, ended_ = false;
  bool started_ = false;  ///< from points of an earlier run
  std::vector<double> best_;  ///< [dim]
  double best_value_ = -std::numeric_limits<double>::infinity();
};

const bool registered = SamplerRegistry::instance().add<CmaEs>("cma_es", "best fit: a scan along the axes, then covariance matrix adaptation with restarts; learns how parameters are correlated",
                                                               "arXiv:1604.00772");

}  // namespace
}  // namespace umbra
