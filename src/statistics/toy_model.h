#pragma once
// The interface of everything that can make data sets and fit them: HistFactory models, counting experiments, a user's own.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "src/base/registry.h"
#include "src/statistics/minimiser.h"

namespace umbra {

/// Which toy: the same (seed, hypothesis, toy) is the same data set, on any number of ranks, whatever was made before.
struct ToyId {
  std::uint64_t seed = 0;
  std::uint64_t hypothesis = 0;  ///< what it was generated at, counted by the caller
  std::uint64_t toy = 0;
};

/// Where the parameter of interest may go. low == high fixes it.
struct PoiRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

/// One per rank, used by one thread at a time. A data set is a list of numbers whose meaning is the model's own.
class ToyModel {
 public:
  static constexpr const char* registry_noun = "toy model";
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  virtual ~ToyModel() = default;

  virtual std::size_t num_parameters() const = 0;
  /// Index of the parameter of interest; none where the model has no such.
  virtual std::size_t poi() const = 0;
  /// Its range as the model states it.
  virtual PoiRange poi_range() const = 0;
  /// How far below 0 it may go while every expected rate stays positive; poi_range().low where that is below 0 already.
  virtual double lowest_poi() const = 0;
  /// What keeps it from going lower, for a warning; "" where the model does not know.
  virtual std::string lowest_poi_reason() const { return ""; }
  /// How far above its range it may go where that stands in the way of a statistic; poi_range().high where -ln L is not defined beyond.
  virtual double highest_poi() const { return poi_range().high; }
  /// Where fits begin [num_parameters].
  virtual std::span<const double> initial() const = 0;
  /// The data of the experiment.
  virtual std::span<const double> observed() const = 0;
  /// The data set of a toy at `parameters` [num_parameters], main and auxiliary data fluctuated. `data` is resized.
  virtual void generate(std::span<const double> parameters, const ToyId& id, std::vector<double>& data) = 0;
  /// The data set whose every number is its expectation at `parameters` (Asimov).
  virtual void expected(std::span<const double> parameters, std::vector<double>& data) = 0;

  /// The data set that what follows speaks of.
  virtual void set_data(std::span<const double> data) = 0;
  /// Minimises -ln L with the parameter of interest within `range`, from result.x (from initial() where that is empty or leads nowhere).
  virtual void fit(PoiRange range, FitResult& result) = 0;
  /// -ln L at `parameters`.
  virtual double nll(std::span<const double> parameters) = 0;
  /// ln of the probability of the data set as generate() makes it at `parameters`, but for what depends on the data alone. Another function than
  /// -nll() where fits see a likelihood that is bent to stay finite.
  virtual double log_density(std::span<const double> parameters) { return -nll(parameters); }
  /// -ln L of the saturated model; NaN where there is none.
  virtual double saturated() = 0;
  /// Events in the data.
  virtual double num_events() const = 0;
  /// Seconds that a toy may take in a process of its own, where the model's code is not trusted not to crash or hang; nothing: toys run in this one.
  virtual std::optional<double> isolation() const { return {}; }
  /// Whether toys run code of a user's own, of which nobody knows how long it takes.
  virtual bool is_foreign() const { return false; }
  /// What the user should know of the model as it was read, a warning each.
  virtual std::vector<std::string> notes() const { return {}; }
};

using ToyModelRegistry = Registry<ToyModel>;

}  // namespace umbra
