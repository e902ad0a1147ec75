#pragma once
// The interface of a committee: several models trained on the same points, whose votes differ where the points do not decide yet.

#include <cstdint>
#include <iosfwd>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "src/base/error.h"
#include "src/base/registry.h"

namespace umbra {

/// What a committee learns from: u in, a class (0 or 1) or a number out.
struct TrainingView {
  std::size_t dim = 0;
  std::span<const float> x;  ///< [size x dim], coordinates of the unit cube
  std::span<const float> y;  ///< [size]
  std::size_t size() const { return y.size(); }
};

/// What a committee may know of the job.
struct CommitteeContext {
  std::size_t dim = 0;
  bool classes = true;     ///< y is 0 or 1, a vote is the probability of 1; else y and votes are numbers
  std::uint64_t seed = 0;
};

/// A trained part of a committee: some of its members. Immutable, shared by threads.
class Voters {
 public:
  virtual ~Voters() = default;
  virtual std::size_t votes() const = 0;  ///< how many members
  /// @param x [n x dim]; @param votes [n x stride], of which it fills the first votes() of each row
  virtual void predict(std::span<const float> x, std::size_t dim, std::span<float> votes, std::size_t stride) const = 0;
  virtual void save(std::ostream& out) const = 0;
};

/// Trains in parts, each on one thread of any rank, in any order.
class Committee {
 public:
  static constexpr const char* registry_noun = "committee";

  virtual ~Committee() = default;
  /// What this build lacks for fit(), as a sentence; "" where nothing. load() works in any build.
  virtual std::string lacks() const { return {}; }
  virtual std::size_t parts() const = 0;
  /// The most training points that fit() takes.
  virtual std::uint64_t most_points() const { return std::numeric_limits<std::uint64_t>::max(); }
  /// A function of (seed, version, part, set) alone, bit for bit.
  virtual std::unique_ptr<Voters> fit(const TrainingView& set, std::size_t part, std::uint64_t version) const = 0;
  /// What save() wrote. Throws UserError where it is damaged.
  virtual std::unique_ptr<Voters> load(std::istream& in, std::size_t part) const = 0;
};

using CommitteeRegistry = Registry<Committee, CommitteeContext>;

/// The votes of all parts. @param x [n x dim]; @return [n x votes]
using VotersList = std::vector<std::shared_ptr<const Voters>>;
std::size_t count_votes(const VotersList& committee);
void predict_votes(const VotersList& committee, std::span<const float> x, std::size_t dim, std::span<float> votes);

}  // namespace umbra
