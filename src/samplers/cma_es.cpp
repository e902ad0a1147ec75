// CMA-ES (arXiv:1604.00772) with restarts in two regimes, BIPOP (doi:10.1145/1570256.1570333).

#include <cmath>
#include <memory>

#include "src/base/error.h"
#include "src/base/random.h"
#include "src/samplers/cma.h"
#include "src/samplers/generations.h"

namespace umbra {
namespace {

/// Runs one after the other, each from a random place. A run ends when its values agree within `tolerance` or its distribution has shrunk
/// or degenerated. `ipop` doubles the population each time; `bipop` also spends as many evaluations on runs of small populations and
/// small first widths. Failures rank below all values; a generation of equal values teaches nothing, and so many of them end the run.
class CmaEs : public Generations {
 public:
  struct Options {
    std::optional<std::size_t> population;
    double sigma = 0.3;
    std::string restarts = "bipop";
    double tolerance = 1e-5;
    std::size_t lag = 0;
    std::size_t max_population = 10000;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("population", &Options::population, "points a generation in the first run, at least 4; none: 4 + 3 ln(parameters)", between(4, 1e6))
        .add("sigma", &Options::sigma, "first width, in units of each parameter's range", between(1e-6, 1))
        .add("restarts", &Options::restarts, "what follows a run that has ended: bipop (large and small populations in turn), ipop (twice the population), same (again), none (end)",
             one_of({"bipop", "ipop", "same", "none"}))
        .add("tolerance", &Options::tolerance, "a run ends when the log-likelihoods of late differ by less", above(0))
        .add("lag", &Options::lag, "generations that are in flight beside the one that is waited for", between(0, 100))
        .add("max_population", &Options::max_population, "restarts make no larger one", between(4, 1e6));
  }

  CmaEs(const Options& options, const SamplerContext& context) : Generations(context, options.lag), options_(options) {
    VALIDATE(context.dim >= 1, "there are no parameters to search, add some");
    first_size_ = options.population.value_or(4 + static_cast<std::size_t>(3 * std::log(static_cast<double>(context.dim))));
    large_size_ = size_ = static_cast<double>(first_size_);
    sigma_ = options.sigma;
    begin_run();
    start();
  }

 private:
  std::size_t next_size() const override { return ended_ ? 0 : cma_->size(); }
  std::uint64_t epoch() const override { return static_cast<std::uint64_t>(run_); }
  void draw(RandomStream& stream, TaskId, std::size_t, std::span<double> u) const override { cma_->draw(stream, u); }

  void learn(const Generation& generation) override {
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
    run_ += 1;
    small_ = options_.restarts == "bipop" && run_ > 1 && used_small_ < used_large_;
    sigma_ = options_.sigma;
    if (small_) {
      RandomStream stream(context().seed, Purpose::select, static_cast<std::uint64_t>(run_));
      const auto first = static_cast<double>(first_size_);
      size_ = std::floor(first * std::pow(0.5 * large_size_ / first, std::pow(stream.uniform(), 2)));
      sigma_ *= std::pow(10.0, -2.0 * stream.uniform());
      size_ = std::max(size_, first);
    } else {
      if (options_.restarts != "same") large_size_ = std::min(2 * large_size_, static_cast<double>(std::max(options_.max_population, first_size_)));
      size_ = large_size_;
    }
    begin_run();
  }

  void begin_run() {
    std::vector<double> mean(dim());
    RandomStream(context().seed, Purpose::initialise, static_cast<std::uint64_t>(run_)).fill_uniform(mean);
    cma_ = std::make_unique<Cma>(box(), static_cast<std::size_t>(size_), std::move(mean), sigma_);
  }

  std::vector<double> model() const override {
    std::vector<double> all{run_, size_, sigma_, large_size_, used_large_, used_small_, small_ ? 1.0 : 0.0, ended_ ? 1.0 : 0.0};
    cma_->save(all);
    return all;
  }
  void set_model(const std::vector<double>& model) override {
    const bool fits = model.size() > 8 && model[1] >= 4 && model[1] <= 1e6;
    VALIDATE(fits, "the sampler's saved state is damaged, start from the points told instead");
    run_ = model[0], size_ = model[1], sigma_ = model[2], large_size_ = model[3], used_large_ = model[4], used_small_ = model[5];
    small_ = model[6] != 0.0, ended_ = model[7] != 0.0;
    begin_run();
    VALIDATE(model.size() == 8 + cma_->state_size(), "the sampler's saved state is damaged, start from the points told instead");
    cma_->load(std::span(model).subspan(8));
  }

  Options options_;
  std::size_t first_size_ = 0;
  std::unique_ptr<Cma> cma_;
  double run_ = 0, size_ = 0, sigma_ = 0, large_size_ = 0, used_large_ = 0, used_small_ = 0;  // whole numbers but for sigma
  bool small_ = false, ended_ = false;
};

const bool registered = SamplerRegistry::instance().add<CmaEs>("cma_es", "best fit: covariance matrix adaptation with restarts; learns how parameters are correlated", "arXiv:1604.00772");

}  // namespace
}  // namespace umbra
