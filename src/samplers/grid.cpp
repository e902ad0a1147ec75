// A regular grid, for few parameters.

#include <algorithm>

#include "src/samplers/coverage.h"

namespace umbra {
namespace {

/// Row-major: the last parameter runs fastest. Ends by itself.
class Grid : public Coverage {
 public:
  struct Options {
    std::optional<std::uint64_t> points;
    std::vector<double> points_each;
    std::string at = "centres";
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("points", &Options::points, "points for every parameter; none: as many as stop.evaluations allows, at least 2", between(1, 1e9))
        .add("points_each", &Options::points_each, "points for each parameter, in their order, instead of 'points'")
        .add("at", &Options::at, "centres of the cells, or their edges (both ends of every range; a periodic parameter has no second end)", one_of({"centres", "edges"}));
  }

  Grid(const Options& options, const SamplerContext& context) : Coverage(context, total(counts(options, context))), counts_(counts(options, context)), edges_(options.at == "edges"), given_(options.points || !options.points_each.empty()) {
    refuse_start(context, "each of its points follows from its number alone");
  }

  std::vector<std::pair<std::string, std::uint64_t>> planned() const override {
    if (given_ || counts_.empty()) return {};
    return {{"points", counts_.front()}};
  }

 private:
  static std::vector<TaskId> counts(const Options& options, const SamplerContext& context) {
    if (!options.points_each.empty()) {
      VALIDATE(options.points_each.size() == context.dim, "'points_each' has {} numbers for {} parameters, give one for each", options.points_each.size(), context.dim);
      std::vector<TaskId> each;
      for (double n : options.points_each) {
        VALIDATE(n >= 1 && n <= 1e9 && n == std::floor(n), "'points_each' contains {} (a grid has whole numbers of points, at least 1), correct it", n);
        each.push_back(static_cast<TaskId>(n));
      }
      return each;
    }
    if (options.points) return std::vector<TaskId>(context.dim, *options.points);
    VALIDATE(context.evaluations != no_end, "the number of points is not known, set 'points' (for every parameter) or stop: {{evaluations: N}}");
    const double root = std::pow(static_cast<double>(context.evaluations), 1.0 / static_cast<double>(context.dim));
    return std::vector<TaskId>(context.dim, std::max<TaskId>(2, static_cast<TaskId>(root * (1 + 1e-12))));
  }
  static TaskId total(const std::vector<TaskId>& counts) {
    TaskId n = 1;
    for (TaskId c : counts) {
      VALIDATE(n <= (TaskId{1} << 53) / c, "the grid has more than 2^53 points (it grows as points^parameters), use fewer points or another sampler, for instance sobol");
      n *= c;
    }
    return n;
  }

  void place(TaskId id, std::span<double> u) const override {
    for (std::size_t d = u.size(); d-- > 0;) {
      const TaskId i = id % counts_[d];
      id /= counts_[d];
      const bool two_ends = edges_ && counts_[d] > 1;
      const bool periodic = d < context_.periodic.size() && context_.periodic[d];
      const auto n = static_cast<double>(counts_[d]), x = static_cast<double>(i);
      u[d] = !two_ends ? (x + 0.5) / n : periodic ? x / n : x / (n - 1);
    }
  }

  std::vector<TaskId> counts_;  ///< [dim]
  bool edges_;
  bool given_;  ///< whether the job says how many points
};

const bool registered = SamplerRegistry::instance().add<Grid>("grid", "a regular grid; ends by itself");

}  // namespace
}  // namespace umbra
