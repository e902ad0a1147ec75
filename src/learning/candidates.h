#pragma once
// Where the points come from among which the committee chooses.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "src/base/config.h"
#include "src/learning/committee.h"

namespace umbra {

/// Scores points. @param u [n x dim]; @param scores [n]
using Scorer = std::function<void(std::span<const double> u, std::span<double> scores)>;
/// Whether a point may be evaluated at all (the job's `require`). @param u [dim]
using Allowed = std::function<bool(std::span<const double> u)>;

/// One per rank and thread.
class Candidates {
 public:
  virtual ~Candidates() = default;
  /// How many there are in a step.
  virtual std::uint64_t count() const = 0;
  /// Candidates [first, first + size) of a step, a function of (seed, step, first) and of the scores alone. @param u [size x dim]
  virtual void make(std::uint64_t step, std::uint64_t first, std::span<double> u, const Scorer& scorer) const = 0;
  /// A draw that no score has chosen, the same for the same (step, index), index >= count(). Not for fixed ones. @param u [dim]
  virtual void draw(std::uint64_t step, std::uint64_t index, std::span<double> u) const { make(step, index, u, nullptr); }
  /// Whether a candidate is the same in every step, and must not be chosen twice.
  virtual bool fixed() const { return false; }
  /// Whether any candidate can be made again by itself, without scores.
  virtual bool single() const { return true; }
};

/// Drawn from the priors anew each step; those not allowed are drawn again.
std::unique_ptr<Candidates> fresh_candidates(std::size_t dim, std::uint64_t seed, std::uint64_t count, Allowed allowed);
/// A list. @param u [n x dim]
std::unique_ptr<Candidates> pool_candidates(std::size_t dim, std::vector<double> u);
/// What a sampler proposes that climbs the score: each slice is a run of its own, and all its points are candidates. Adds faults where the sampler's options are wrong.
std::unique_ptr<Candidates> proposed_candidates(std::size_t dim, std::uint64_t seed, std::uint64_t count, const Config& sampler, std::uint64_t slice, Allowed allowed, Faults& faults);

}  // namespace umbra
