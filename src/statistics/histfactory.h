#pragma once
// A HistFactory model, compiled: parameters in pyhf's order, and flat tables from which rates and their derivatives are computed.
//
//   lambda_bin = sum over samples of (product of factors) x (nominal + sum of histosys shifts)      (CERN-OPEN-2012-016)
//   L = product over bins of Pois(n | lambda) x product over constrained parameters of their constraint term, all constants kept
//
// Read-only after construction: one model serves any number of Likelihoods.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "src/statistics/workspace.h"

namespace umbra {

/// How a normsys goes from its factors at -1 and +1 to any alpha: code1 exponential; code4 a polynomial of sixth order within |alpha| < 1.
enum class NormsysCode { code1, code4 };
/// How a histosys does: code0 piecewise linear, code2 quadratic within |alpha| < 1, code4p a polynomial of sixth order there; linear outside.
enum class HistosysCode { code0, code2, code4p };

struct HistFactoryOptions {
  std::string measurement;  ///< "" is the first
  std::string poi;          ///< "" is what the measurement says
  NormsysCode normsys = NormsysCode::code4;
  HistosysCode histosys = HistosysCode::code4p;
};

enum class ConstraintKind { none, normal, poisson };

struct ModelParameter {
  std::string name;  ///< with [i] where it belongs to a set with one element per bin
  std::string set;   ///< the modifier's name
  double init = 0.0, low = 0.0, high = 0.0;
  bool fixed = false;
  ConstraintKind constraint = ConstraintKind::none;
  double auxiliary = 0.0;  ///< nominal auxiliary datum
  double width = 1.0;      ///< sigma of a normal constraint; tau of Pois(auxiliary | tau x parameter)
};

/// The tables of a model. A cell is one sample in one bin, a row one sample in one channel (its cells are neighbours).
struct RateTable {
  std::size_t num_bins = 0;
  // [rows]
  std::vector<std::uint32_t> row_cell, row_bin, row_bins;  ///< first cell, first bin, number of bins
  // [cells]
  std::vector<double> nominal;
  std::vector<std::uint32_t> cell_bin, cell_row;
  // Parameters that enter as a plain factor (normfactor, lumi, shapefactor, shapesys, staterror), for each cell: [cells + 1], [entries]
  std::vector<std::uint32_t> linear_begin, linear_parameter;

  /// A parameter that interpolates, with its entries in the two tables below.
  struct Interpolated {
    std::uint32_t parameter, norm_begin, norm_end, shift_begin, shift_end;
  };
  std::vector<Interpolated> interpolated;
  // normsys [entries]: factor on a row: 1 + a1 alpha + ... + a6 alpha^6 within |alpha| < 1 (code4), else exp(alpha log_up) above and exp(alpha
  // log_down) below 0
  std::vector<std::uint32_t> norm_row;
  std::vector<double> norm_coefficients[6], norm_log_up, norm_log_down;
  // histosys [entries]: shift of a cell: alpha x odd + q(alpha) x even, where q is the code's (shift_basis)
  std::vector<std::uint32_t> shift_cell;
  std::vector<double> shift_odd, shift_even;
};

/// q(alpha) of a histosys code and its first two derivatives: with odd = (high - low) / 2 and even = (high + low - 2 nominal) / 16 the shift is
/// alpha x odd + q(alpha) x even for all codes.
struct ShiftBasis {
  double q, dq, ddq;
};
ShiftBasis shift_basis(HistosysCode code, double alpha);

class HistFactory {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  struct Channel {
    std::string name;
    std::size_t first_bin, num_bins;
  };

  /// Throws UserError for faults that need the whole: a parameter of interest that does not exist, settings of the wrong length.
  explicit HistFactory(const Workspace& workspace, const HistFactoryOptions& options = {});

  const std::vector<ModelParameter>& parameters() const { return parameters_; }
  std::size_t num_parameters() const { return parameters_.size(); }
  std::size_t num_bins() const { return table_.num_bins; }
  std::size_t num_auxiliary() const { return auxiliary_parameter_.size(); }
  /// Main data, then auxiliary data.
  std::size_t data_size() const { return num_bins() + num_auxiliary(); }
  /// Index of the parameter of interest; none where the measurement names none.
  std::size_t poi() const { return poi_; }
  /// Index of a parameter by name; none where there is no such.
  std::size_t find(const std::string& name) const;
  const std::vector<Channel>& channels() const { return channels_; }
  /// Which parameter each auxiliary datum constrains [num_auxiliary].
  const std::vector<std::uint32_t>& auxiliary_parameter() const { return auxiliary_parameter_; }

  /// Observed main data and nominal auxiliary data [data_size]. Throws UserError where a channel has no observation.
  std::vector<double> observed() const;
  /// Observed main data are there.
  bool has_observed() const { return missing_observation_.empty(); }
  std::vector<double> inits() const;
  /// What the measurement says that has no effect, a sentence each.
  const std::vector<std::string>& notes() const { return notes_; }

  const RateTable& table() const { return table_; }
  const HistFactoryOptions& options() const { return options_; }

 private:
  HistFactoryOptions options_;
  std::vector<ModelParameter> parameters_;
  std::vector<Channel> channels_;
  std::vector<std::uint32_t> auxiliary_parameter_;
  std::vector<double> observed_main_;
  std::string missing_observation_;
  std::vector<std::string> notes_;
  std::size_t poi_ = none;
  RateTable table_;
};

}  // namespace umbra
