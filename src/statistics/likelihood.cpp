#include "src/statistics/likelihood.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "src/base/error.h"
#include "src/statistics/fisher_preconditioner.h"
#include "src/statistics/hot_loop.h"
#include "src/statistics/poisson_term.h"

namespace umbra {

namespace {

constexpr double relative_floor = 1e-3;
constexpr double least_relative_floor = 1e-6;
constexpr double least_floor = 1e-12;

/// Powers of alpha that turn a polynomial's six coefficients into its value - 1, slope and curvature.
struct PowerBasis {
  double value[6], slope[6], curve[6];
  explicit PowerBasis(double a) {
    double power = 1;
    for (int i = 0; i < 6; ++i) {
      slope[i] = (i + 1) * power;
      power *= a;
      value[i] = power;
    }
    for (int i = 1; i < 6; ++i) curve[i] = (i + 1) * slope[i - 1];
    curve[0] = 0;
  }
};

/// Factor, logarithmic slope f'/f and f''/f - (f'/f)^2 of normsys entries [count].
UMBRA_HOT_LOOP void interpolate_norms(const std::vector<double> (&coefficients)[6], std::size_t first, std::size_t count, const PowerBasis& basis,
                                      double* __restrict value, double* __restrict slope, double* __restrict curve) {
  const double *c1 = &coefficients[0][first], *c2 = &coefficients[1][first], *c3 = &coefficients[2][first];
  const double *c4 = &coefficients[3][first], *c5 = &coefficients[4][first], *c6 = &coefficients[5][first];
  const PowerBasis b = basis;
  for (std::size_t i = 0; i < count; ++i) {
    const double f =
        1 + (c1[i] * b.value[0] + c2[i] * b.value[1] + c3[i] * b.value[2] + c4[i] * b.value[3] + c5[i] * b.value[4] + c6[i] * b.value[5]);
    const double df = c1[i] + c2[i] * b.slope[1] + c3[i] * b.slope[2] + c4[i] * b.slope[3] + c5[i] * b.slope[4] + c6[i] * b.slope[5];
    const double ddf = 2 * c2[i] + c3[i] * b.curve[2] + c4[i] * b.curve[3] + c5[i] * b.curve[4] + c6[i] * b.curve[5];
    const double inverse = 1 / f, s = df * inverse;
    value[i] = f;
    slope[i] = s;
    curve[i] = ddf * inverse - s * s;
  }
}

}  // namespace

Likelihood::Likelihood(const HistFactory& model)
    : model_(model), table_(model.table()), num_parameters_(model.num_parameters()), num_bins_(model.num_bins()) {
  const std::size_t rows = table_.row_cell.size(), cells = table_.nominal.size(), norms = table_.norm_row.size(), shifts = table_.shift_cell.size();
  for (auto* v : {&x_, &gradient_, &diagonal_, &constraint_curvature_}) v->assign(num_parameters_, 0.0);
  for (auto* v : {&floor_, &rate_, &slope_, &curvature_, &rate_direction_}) v->assign(num_bins_, 0.0);
  for (auto* v : {&row_factor_, &row_exponent_, &row_weight_, &row_direction_}) v->assign(rows, 0.0);
  for (auto* v : {&cell_rate_, &cell_sum_, &cell_linear_, &factor_sum_, &factor_linear_, &shift_direction_, &linear_direction_, &cell_direction_})
    v->assign(cells, 0.0);
  for (auto* v : {&norm_value_, &norm_slope_, &norm_curve_}) v->assign(norms, 0.0);
  shift_slope_.assign(shifts, 0.0);
  shift_curve_.assign(table_.interpolated.size(), 0.0);
  linear_slope_.assign(table_.linear_parameter.size(), 0.0);
  linear_twist_.assign(table_.linear_parameter.size(), 0.0);
  std::size_t most = 0;
  for (std::size_t c = 0; c < cells; ++c) most = std::max<std::size_t>(most, table_.linear_begin[c + 1] - table_.linear_begin[c]);
  linear_prefix_.assign(most, 0.0);
  data_.assign(model.data_size(), 0.0);
  inverse_data_.assign(model.data_size(), 0.0);
  preconditioner_ = std::make_unique<FisherPreconditioner>(table_, num_parameters_);

  std::vector<double> x = model.inits();
  fill_rates(x);
  for (std::size_t b = 0; b < num_bins_; ++b) floor_[b] = rate_[b];
  if (model.poi() != HistFactory::none) x[model.poi()] = 0;
  fill_rates(x);
  for (std::size_t b = 0; b < num_bins_; ++b)
    floor_[b] = std::max({relative_floor * std::min(floor_[b], rate_[b]), least_relative_floor * floor_[b], least_floor});
}

Likelihood::~Likelihood() = default;

void Likelihood::set_data(std::span<const double> data) {
  EXPECT(data.size() == model_.data_size());
  std::copy(data.begin(), data.end(), data_.begin());
  for (std::size_t i = 0; i < data.size(); ++i) inverse_data_[i] = data[i] > 0 ? 1 / data[i] : 0.0;
  constant_ = 0;
  for (std::size_t b = 0; b < num_bins_; ++b) constant_ += poisson_saturated(data[b]);
  const std::vector<std::uint32_t>& constrained = model_.auxiliary_parameter();
  for (std::size_t i = 0; i < constrained.size(); ++i) {
    const ModelParameter& p = model_.parameters()[constrained[i]];
    constant_ +=
        p.constraint == ConstraintKind::poisson ? poisson_saturated(data[num_bins_ + i]) : std::log(p.width) + 0.5 * std::log(2 * std::numbers::pi);
  }
}

void Likelihood::fill_rates(std::span<const double> x) {
  const RateTable& t = table_;
  std::copy(x.begin(), x.end(), x_.begin());
  std::fill(row_factor_.begin(), row_factor_.end(), 1.0);
  std::fill(row_exponent_.begin(), row_exponent_.end(), 0.0);
  std::copy(t.nominal.begin(), t.nominal.end(), cell_sum_.begin());
  for (std::size_t k = 0; k < t.interpolated.size(); ++k) {
    const RateTable::Interpolated& entry = t.interpolated[k];
    const double alpha = x[entry.parameter];
    if (entry.norm_begin < entry.norm_end) {
      if (model_.options().normsys == NormsysCode::code4 && std::abs(alpha) < 1) {
        interpolate_norms(t.norm_coefficients, entry.norm_begin, entry.norm_end - entry.norm_begin, PowerBasis(alpha), &norm_value_[entry.norm_begin],
                          &norm_slope_[entry.norm_begin], &norm_curve_[entry.norm_begin]);
        for (std::size_t e = entry.norm_begin; e < entry.norm_end; ++e) row_factor_[t.norm_row[e]] *= norm_value_[e];
      } else {
        const std::vector<double>& exponent = alpha >= 0 ? t.norm_log_up : t.norm_log_down;
        for (std::size_t e = entry.norm_begin; e < entry.norm_end; ++e) {
          row_exponent_[t.norm_row[e]] += alpha * exponent[e];
          norm_slope_[e] = exponent[e];
          norm_curve_[e] = 0;
        }
      }
    }
    if (entry.shift_begin < entry.shift_end) {
      const ShiftBasis basis = shift_basis(model_.options().histosys, alpha);
      shift_curve_[k] = basis.ddq;
      for (std::size_t e = entry.shift_begin; e < entry.shift_end; ++e) {
        cell_sum_[t.shift_cell[e]] += alpha * t.shift_odd[e] + basis.q * t.shift_even[e];
        shift_slope_[e] = t.shift_odd[e] + basis.dq * t.shift_even[e];
      }
    }
  }
  for (std::size_t r = 0; r < row_factor_.size(); ++r)
    if (row_exponent_[r] != 0) row_factor_[r] *= std::exp(row_exponent_[r]);
  std::fill(rate_.begin(), rate_.end(), 0.0);
  for (std::size_t c = 0; c < cell_sum_.size(); ++c) {
    // The product of the linear factors, and of all but one, from both ends: exact where a factor is 0.
    const std::size_t begin = t.linear_begin[c], end = t.linear_begin[c + 1];
    double product = 1, suffix = 1;
    for (std::size_t i = begin; i < end; ++i) {
      linear_slope_[i] = product;
      product *= x[t.linear_parameter[i]];
    }
    for (std::size_t i = end; i-- > begin;) {
      linear_slope_[i] *= suffix;
      suffix *= x[t.linear_parameter[i]];
    }
    const double factor = row_factor_[t.cell_row[c]];
    cell_linear_[c] = product;
    factor_sum_[c] = factor * cell_sum_[c];
    factor_linear_[c] = factor * product;
    cell_rate_[c] = factor_sum_[c] * product;
    rate_[t.cell_bin[c]] += cell_rate_[c];
  }
}

double Likelihood::evaluate(std::span<const double> x) {
  EXPECT(x.size() == num_parameters_);
  ++evaluations_;
  fill_rates(x);
  double value = constant_, deviation = 0;
  at_floor_ = false;
  for (std::size_t b = 0; b < num_bins_; ++b) {
    const double n = data_[b];
    double rate = rate_[b];
    if (rate >= floor_[b]) {
      const double inverse = 1 / rate, excess = rate - n;
      slope_[b] = excess * inverse;
      curvature_[b] = n * inverse * inverse;
      value += n > 0 ? poisson_excess(n, inverse_data_[b], rate) : rate;
      deviation += std::abs(excess);
    } else {
      at_floor_ = true;
      const double exponent = rate_[b] / floor_[b] - 1;
      rate = floor_[b] * std::exp(exponent);
      slope_[b] = (rate - n) / floor_[b];
      curvature_[b] = rate / (floor_[b] * floor_[b]);
      value += rate - (n > 0 ? n + n * (std::log(floor_[b] * inverse_data_[b]) + exponent) : 0.0);
    }
  }
  std::fill(gradient_.begin(), gradient_.end(), 0.0);
  const std::vector<std::uint32_t>& constrained = model_.auxiliary_parameter();
  for (std::size_t i = 0; i < constrained.size(); ++i) {
    const std::size_t p = constrained[i];
    const ModelParameter& parameter = model_.parameters()[p];
    const double datum = data_[num_bins_ + i];
    if (parameter.constraint == ConstraintKind::normal) {
      const double inverse = 1 / parameter.width, pull = (x[p] - datum) * inverse;
      value += 0.5 * pull * pull;
      gradient_[p] = pull * inverse;
      constraint_curvature_[p] = inverse * inverse;
    } else {
      const double mean = parameter.width * x[p], inverse = 1 / x[p], excess = mean - datum;
      value += datum > 0 ? poisson_excess(datum, inverse_data_[num_bins_ + i], mean) : mean;
      gradient_[p] = datum > 0 ? excess * inverse : parameter.width;
      constraint_curvature_[p] = datum > 0 ? datum * inverse * inverse : 0.0;
      deviation += std::abs(excess);
    }
  }
  deviation_ = deviation;
  fill_derivatives();
  return value;
}

double Likelihood::rounding(double value) const { return 4 * std::numeric_limits<double>::epsilon() * (std::abs(value) + 4 * deviation_); }

void Likelihood::fill_derivatives() {
  const RateTable& t = table_;
  FisherPreconditioner& jacobian = *preconditioner_;
  jacobian.clear();
  std::copy(constraint_curvature_.begin(), constraint_curvature_.end(), diagonal_.begin());
  for (std::size_t r = 0; r < row_weight_.size(); ++r) {
    double weight = 0;
    for (std::size_t j = 0; j < t.row_bins[r]; ++j) weight += slope_[t.row_bin[r] + j] * cell_rate_[t.row_cell[r] + j];
    row_weight_[r] = weight;
  }
  for (std::size_t k = 0; k < t.interpolated.size(); ++k) {
    const RateTable::Interpolated& entry = t.interpolated[k];
    double* column = jacobian.column(entry.parameter);
    double second = 0;
    for (std::size_t e = entry.norm_begin; e < entry.norm_end; ++e) {
      const std::size_t r = t.norm_row[e];
      const double s = norm_slope_[e];
      const double* rate = &cell_rate_[t.row_cell[r]];
      double* out = column + t.row_bin[r];
      for (std::size_t j = 0; j < t.row_bins[r]; ++j) out[j] += s * rate[j];
      second += norm_curve_[e] * row_weight_[r];
    }
    for (std::size_t e = entry.shift_begin; e < entry.shift_end; ++e) {
      const std::size_t c = t.shift_cell[e], b = t.cell_bin[c];
      column[b] += shift_slope_[e] * factor_linear_[c];
      second += shift_curve_[k] * t.shift_even[e] * factor_linear_[c] * slope_[b];
    }
    diagonal_[entry.parameter] += second;
  }
  for (std::size_t c = 0; c < cell_rate_.size(); ++c)
    for (std::size_t i = t.linear_begin[c]; i < t.linear_begin[c + 1]; ++i)
      jacobian.add(t.linear_parameter[i], t.cell_bin[c], factor_sum_[c] * linear_slope_[i]);
  jacobian.add_transposed_product(slope_, gradient_);
}

void Likelihood::hessian_times(std::span<const double> v, std::span<double> out) {
  const RateTable& t = table_;
  // Forward: the derivative of each factor, sum and product along v.
  std::fill(row_direction_.begin(), row_direction_.end(), 0.0);
  std::fill(shift_direction_.begin(), shift_direction_.end(), 0.0);
  for (const RateTable::Interpolated& entry : t.interpolated) {
    const double along = v[entry.parameter];
    if (along == 0) continue;
    for (std::size_t e = entry.norm_begin; e < entry.norm_end; ++e) row_direction_[t.norm_row[e]] += norm_slope_[e] * along;
    for (std::size_t e = entry.shift_begin; e < entry.shift_end; ++e) shift_direction_[t.shift_cell[e]] += shift_slope_[e] * along;
  }
  std::fill(rate_direction_.begin(), rate_direction_.end(), 0.0);
  for (std::size_t c = 0; c < cell_rate_.size(); ++c) {
    const std::size_t begin = t.linear_begin[c], end = t.linear_begin[c + 1];
    double product = 1, product_along = 0, suffix = 1, suffix_along = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const double value = x_[t.linear_parameter[i]], along = v[t.linear_parameter[i]];
      linear_prefix_[i - begin] = product;
      linear_twist_[i] = product_along;
      product_along = product_along * value + product * along;
      product *= value;
    }
    for (std::size_t i = end; i-- > begin;) {
      const double value = x_[t.linear_parameter[i]], along = v[t.linear_parameter[i]];
      linear_twist_[i] = linear_twist_[i] * suffix + linear_prefix_[i - begin] * suffix_along;
      suffix_along = suffix_along * value + suffix * along;
      suffix *= value;
    }
    const double factor = row_factor_[t.cell_row[c]], along = row_direction_[t.cell_row[c]];
    cell_direction_[c] = cell_rate_[c] * along + factor_sum_[c] * product_along + factor_linear_[c] * shift_direction_[c];
    rate_direction_[t.cell_bin[c]] += cell_direction_[c];
    // What multiplies a linear factor's and a shift's own slope on the way back, but for the part from the bin's curvature.
    linear_direction_[c] = factor_sum_[c] * along + factor * shift_direction_[c];
    shift_direction_[c] = factor_linear_[c] * along + factor * product_along;
  }
  // Back.
  for (std::size_t b = 0; b < num_bins_; ++b) rate_direction_[b] *= curvature_[b];
  std::fill(row_direction_.begin(), row_direction_.end(), 0.0);
  for (std::size_t p = 0; p < num_parameters_; ++p) out[p] = diagonal_[p] * v[p];
  for (std::size_t c = 0; c < cell_rate_.size(); ++c) {
    const double curved = rate_direction_[t.cell_bin[c]], slope = slope_[t.cell_bin[c]];
    row_direction_[t.cell_row[c]] += curved * cell_rate_[c] + slope * cell_direction_[c];
    const double linear = curved * factor_sum_[c] + slope * linear_direction_[c], twist = slope * factor_sum_[c];
    shift_direction_[c] = curved * factor_linear_[c] + slope * shift_direction_[c];
    for (std::size_t i = t.linear_begin[c]; i < t.linear_begin[c + 1]; ++i)
      out[t.linear_parameter[i]] += linear * linear_slope_[i] + twist * linear_twist_[i];
  }
  for (const RateTable::Interpolated& entry : t.interpolated) {
    double sum = 0;
    for (std::size_t e = entry.norm_begin; e < entry.norm_end; ++e) sum += norm_slope_[e] * row_direction_[t.norm_row[e]];
    for (std::size_t e = entry.shift_begin; e < entry.shift_end; ++e) sum += shift_slope_[e] * shift_direction_[t.shift_cell[e]];
    out[entry.parameter] += sum;
  }
}

void Likelihood::factorise(std::span<const unsigned char> free) {
  preconditioner_->factorise(free, rate_, curvature_, constraint_curvature_, diagonal_);
}

void Likelihood::precondition(std::span<const double> r, std::span<double> out) { preconditioner_->solve(r, out); }

double Likelihood::longest_step(std::span<const double> step) const {
  preconditioner_->product(step, rate_direction_);
  double longest = 1;
  for (std::size_t b = 0; b < num_bins_; ++b) {
    if (rate_direction_[b] >= 0 || rate_[b] <= floor_[b]) continue;
    // Events keep a rate away from 0; without any it may go straight to the floor, whose curvature takes over.
    const double target = data_[b] > 0 ? std::max(0.1 * rate_[b], floor_[b]) : 0.5 * floor_[b];
    longest = std::min(longest, (target - rate_[b]) / rate_direction_[b]);
  }
  const std::vector<std::uint32_t>& constrained = model_.auxiliary_parameter();
  for (std::size_t i = 0; i < constrained.size(); ++i) {
    const std::size_t p = constrained[i];
    if (model_.parameters()[p].constraint == ConstraintKind::poisson && data_[num_bins_ + i] > 0 && step[p] < 0)
      longest = std::min(longest, -0.9 * x_[p] / step[p]);
  }
  return longest;
}

}  // namespace umbra
