// Latin hypercube: n points of which exactly one lies in each of the n slices of every parameter
// (McKay, Beckman, Conover, doi:10.1080/00401706.1979.10489755).

#include "src/samplers/coverage.h"
#include "src/samplers/permutation.h"

namespace umbra {
namespace {

/// The slice of point `id` comes from a keyed permutation for each parameter: no table, any point at once. Ends by itself after n points.
class LatinHypercube : public Coverage {
 public:
  struct Options {
    std::optional<std::uint64_t> points;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>().add("points", &Options::points, "number of points = number of slices; none: as many as stop.evaluations allows", between(1, 0x1p53));
  }

  LatinHypercube(Options options, const SamplerContext& context) : Coverage(context, count(options, context)), given_(options.points.has_value()) {
    refuse_start(context, "each of its points follows from the seed and its number alone");
    for (std::size_t d = 0; d < context.dim; ++d) {
      RandomStream keys(context.seed, Purpose::initialise, d);
      slice_.emplace_back(end(), keys);
    }
  }

  std::vector<std::pair<std::string, std::uint64_t>> planned() const override {
    if (given_) return {};
    return {{"points", end()}};
  }

 private:
  static TaskId count(const Options& options, const SamplerContext& context) {
    const TaskId n = options.points.value_or(context.evaluations);
    VALIDATE(n >= 1 && n <= TaskId{1} << 53, "the number of points is not known (the slices of a Latin hypercube are fixed at the start), set 'points' or stop: {{evaluations: N}}");
    return n;
  }
  void place(TaskId id, std::span<double> u) const override {
    RandomStream stream(context_.seed, Purpose::propose, id);
    for (std::size_t d = 0; d < u.size(); ++d) u[d] = (static_cast<double>(slice_[d](id)) + stream.uniform()) / static_cast<double>(end());
  }

  bool given_;  ///< whether the job says how many points
  std::vector<KeyedPermutation> slice_;  ///< [dim]
};

const bool registered = SamplerRegistry::instance().add<LatinHypercube>(
    "latin_hypercube", "one point in each of n slices of every parameter; ends after n points", "doi:10.1080/00401706.1979.10489755");

}  // namespace
}  // namespace umbra
