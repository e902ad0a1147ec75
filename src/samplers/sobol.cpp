// Sobol points with the direction numbers of Joe and Kuo (doi:10.1137/070709359), scrambled.

#include <bit>
#include <boost/random/sobol.hpp>

#include "src/base/random.h"
#include "src/samplers/coverage.h"

namespace umbra {
namespace {

/// Every block of 2^m points that starts at a multiple of 2^m is a digital net. The scrambling (Matousek's random linear one with a
/// digital shift, doi:10.1006/jcom.1998.0489) depends on the seed and keeps that; every single point is uniform. Any point at once:
/// cost one exclusive-or for each set bit of the id and each parameter.
class Sobol : public Coverage {
 public:
  struct Options {
    bool scramble = true;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>().add("scramble", &Options::scramble, "whether the seed scrambles the points; false: the plain sequence, which begins with u = 0, the same for every seed");
  }

  Sobol(Options options, const SamplerContext& context) : Coverage(context, no_end), directions_(bits * context.dim), shift_(context.dim) {
    refuse_start(context, "each of its points follows from the seed and its number alone");
    VALIDATE(context.dim <= boost::random::default_sobol_table::max_dimension, "{} parameters are more than the {} for which direction numbers are known, use random",
             context.dim, +boost::random::default_sobol_table::max_dimension);
    read_directions();
    if (options.scramble)
      for (std::size_t d = 0; d < context.dim; ++d) scramble(d);
  }

 private:
  static constexpr std::size_t bits = 52;  // as many as ids that a campaign can reach, and more

  /// The library gives points only; consecutive ones in its Gray-code order differ by one direction number.
  void read_directions() {
    const std::size_t dim = context_.dim;
    if (dim == 0) return;
    boost::random::sobol_engine<std::uint64_t, 64> engine(dim);
    for (std::size_t j = 0; j < bits; ++j) {
      std::vector<std::uint64_t> before(dim, 0);
      if (j > 0) {
        engine.seed((std::uint64_t{1} << j) - 2);
        for (std::uint64_t& x : before) x = engine();
      } else {
        engine.seed(std::uint64_t{0});
      }
      for (std::size_t d = 0; d < dim; ++d) directions_[j * dim + d] = engine() ^ before[d];
    }
  }

  void scramble(std::size_t d) {
    RandomStream stream(context_.seed, Purpose::initialise, d);
    std::vector<std::uint64_t> rows(64);  // row i of the unit lower triangular matrix, digit 0 being the most significant
    for (std::size_t i = 0; i < 64; ++i) rows[i] = ((i == 0 ? 0 : stream() << (64 - i)) | std::uint64_t{1} << (63 - i));
    for (std::size_t j = 0; j < bits; ++j) {
      std::uint64_t& v = directions_[j * context_.dim + d];
      std::uint64_t scrambled = 0;
      for (std::size_t i = 0; i < 64; ++i) scrambled |= static_cast<std::uint64_t>(std::popcount(rows[i] & v) & 1) << (63 - i);
      v = scrambled;
    }
    shift_[d] = stream();
  }

  void place(TaskId id, std::span<double> u) const override {
    std::vector<std::uint64_t> x = shift_;
    for (TaskId rest = id; rest != 0; rest &= rest - 1) {
      const std::uint64_t* v = &directions_[static_cast<std::size_t>(std::countr_zero(rest)) * u.size()];
      for (std::size_t d = 0; d < u.size(); ++d) x[d] ^= v[d];
    }
    for (std::size_t d = 0; d < u.size(); ++d) u[d] = static_cast<double>(x[d] >> 11) * 0x1p-53;
  }

  std::vector<std::uint64_t> directions_;  ///< [bits x dim]
  std::vector<std::uint64_t> shift_;       ///< [dim]
};

const bool registered = SamplerRegistry::instance().add<Sobol>("sobol", "scrambled Sobol points: evener than random ones, good at any number of points, best at powers of 2",
                                                               "doi:10.1137/070709359");

}  // namespace
}  // namespace umbra
