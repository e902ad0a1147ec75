#pragma once
// The interface of everything that decides what to evaluate next.

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/registry.h"
#include "src/base/task.h"
#include "src/samplers/earlier_points.h"

namespace umbra {

/// What a sampler may know of the space: no names, no physics.
struct SamplerContext {
  std::size_t dim = 0;         ///< number of unit-cube coordinates
  std::vector<bool> periodic;  ///< [dim] whether u = 0 and u = 1 are the same place
  std::uint64_t seed = 0;
  std::uint64_t evaluations = std::numeric_limits<std::uint64_t>::max();  ///< what `stop: {evaluations}` allows (for methods that plan ahead)
  std::shared_ptr<const EarlierPoints> start = {};  ///< points of an earlier run, at least one; null: none
  std::vector<double> lengths = {};  ///< [dim] length of each range in units of the parameter (flat priors) or of its natural logarithm (log priors), NaN for others; empty: not known
};

/// For samplers that cannot start from points. Throws UserError where there are some.
/// @param because "each of its points follows from the seed and its id alone"
void refuse_start(const SamplerContext& context, std::string_view because);

/// Numbers for /summary and weights for /posterior.
struct SamplerResult {
  std::vector<std::pair<std::string, double>> numbers;    ///< ln_evidence, effective_samples, ... in the order to print
  std::vector<std::string> warnings;                      ///< sentences for the user
  std::vector<TaskId> ids;                                ///< points of the posterior, ascending; the columns below are parallel to it
  std::vector<double> log_weight;                         ///< normalised: the weights sum to 1
  std::vector<double> log_prior_volume;                   ///< empty where the sampler has none
  std::vector<double> birth_log_likelihood;               ///< likelihood contour within which the point was drawn; empty where none
  std::vector<std::int32_t> mode;                         ///< k of mode_k_ln_evidence that the point belongs to, -1 where modes were not apart yet; empty where the sampler knows of none
  std::vector<std::uint8_t> equal_weight;                 ///< 1 for points that are samples of equal weight, else 0
};

/// Fills equal_weight: a point is kept with probability weight / largest weight, by a random number that belongs to (seed, id).
void draw_equal_weights(SamplerResult& result, std::uint64_t seed);

/// "none of 2000 points had a likelihood above zero: ..." with what to do about it.
std::string nothing_found(std::uint64_t points);

/// A state machine. ask() gives tasks, tell() takes their results in any order. It knows neither ranks nor files nor time, so that the
/// same seed gives the same tasks on any number of ranks:
///  - task k depends on a set of earlier tasks that is fixed by (seed, k) before any outcome is known, and ask() may give it as soon as those are told;
///  - its random numbers come from RandomStream(seed, Purpose::propose, k) (or another purpose with the same k), nothing else;
///  - ids count from 0 without holes, and come from structure (generation x N + slot).
/// A point's payload is its u [dim]; its outcome's values begin with u and end with log_likelihood (see PointResult below).
class Sampler {
 public:
  static constexpr const char* registry_noun = "sampler";
  static constexpr TaskId no_end = std::numeric_limits<TaskId>::max();

  virtual ~Sampler() = default;

  /// Up to `max` tasks that have not been given since construction or load(), and may run now. Empty: nothing until more is told, or done.
  virtual std::vector<Task> ask(std::size_t max) = 0;
  /// Takes the outcome of a task that ask() gave. Any order, each id once.
  virtual void tell(const Outcome& outcome) = 0;
  /// How many ids, counted from 0, belong to the result; no_end until the sampler has decided to stop by itself.
  virtual TaskId end() const { return no_end; }
  /// Whether the sampler has decided to stop by itself and has been told all that it needs.
  virtual bool done() const { return false; }
  /// Whether it will stop by itself some day (a grid, nested sampling), so that a job needs no `stop: {evaluations}`.
  virtual bool stops_by_itself() const { return false; }
  /// The state after all that was told (Boost.Serialization). Tasks given but not told are given again after load().
  virtual void save(std::ostream& out) const = 0;
  /// Into a sampler that was made with the same options. Throws UserError where the state does not fit.
  virtual void load(std::istream& in) = 0;
  virtual SamplerResult result() const { return {}; }
  /// Options that the job leaves open and that were made from what `stop` allows. They become part of the job: another `stop` must not change what
  /// was begun with them.
  virtual std::vector<std::pair<std::string, std::uint64_t>> planned() const { return {}; }
};

using SamplerRegistry = Registry<Sampler, SamplerContext>;

/// What a sampler reads from the outcome of a point.
struct PointResult {
  std::span<const double> u;
  double log_likelihood;  ///< NaN where the point failed (status other than ok); -inf is a likelihood of zero
  Status status;

  PointResult(const Outcome& o, std::size_t dim)
      : u(o.values.data(), dim), log_likelihood(o.status == Status::ok ? o.values.back() : std::numeric_limits<double>::quiet_NaN()), status(o.status) {}
  bool usable() const { return status == Status::ok; }
  /// For methods that only compare: any failure is worse than any value (so that no number is invented for it).
  double rank_value() const { return usable() ? log_likelihood : -std::numeric_limits<double>::infinity(); }
};

}  // namespace umbra
