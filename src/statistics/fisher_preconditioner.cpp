#include "src/statistics/fisher_preconditioner.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "src/statistics/hot_loop.h"

namespace umbra {

namespace {

// A bin without events has no curvature; its weight is then this part of the expected one.
constexpr double least_weight = 0.1;
// Relative to the data's information on a parameter: keeps 1 / D finite for those without a constraint.
constexpr double least_diagonal = 1e-7;
// Interpolations may take away curvature from a constraint down to this part.
constexpr double least_constraint = 0.25;

/// out += a x (outer product of column with itself) [n x n]
UMBRA_HOT_LOOP void add_outer(double a, const double* __restrict column, std::size_t n, double* __restrict out) {
  for (std::size_t i = 0; i < n; ++i) {
    const double factor = a * column[i];
    if (factor == 0) continue;
    for (std::size_t j = 0; j < n; ++j) out[i * n + j] += factor * column[j];
  }
}

}  // namespace

struct FisherPreconditioner::Dense {
  Eigen::MatrixXd matrix;
  Eigen::LLT<Eigen::MatrixXd> factor;
  Eigen::VectorXd vector, scale;
};

FisherPreconditioner::FisherPreconditioner(const RateTable& table, std::size_t num_parameters)
    : num_parameters_(num_parameters), num_bins_(table.num_bins), dense_(std::make_unique<Dense>()) {
  constexpr std::uint32_t untouched = static_cast<std::uint32_t>(-1), several = static_cast<std::uint32_t>(-2);
  std::vector<std::uint32_t> touched(num_parameters, untouched);
  const auto touch = [&](std::size_t p, std::uint32_t bin) { touched[p] = touched[p] == untouched || touched[p] == bin ? bin : several; };
  for (const RateTable::Interpolated& entry : table.interpolated) {
    for (std::size_t e = entry.norm_begin; e < entry.norm_end; ++e)
      for (std::uint32_t j = 0; j < table.row_bins[table.norm_row[e]]; ++j) touch(entry.parameter, table.row_bin[table.norm_row[e]] + j);
    for (std::size_t e = entry.shift_begin; e < entry.shift_end; ++e) touch(entry.parameter, table.cell_bin[table.shift_cell[e]]);
  }
  for (std::size_t c = 0; c < table.nominal.size(); ++c)
    for (std::size_t i = table.linear_begin[c]; i < table.linear_begin[c + 1]; ++i) touch(table.linear_parameter[i], table.cell_bin[c]);
  for (std::uint32_t p = 0; p < num_parameters; ++p) {
    if (touched[p] == several) {
      wide_.push_back(p);
    } else {
      local_.push_back(p);
      local_bin_.push_back(touched[p] == untouched ? 0 : touched[p]);
    }
  }
  in_bins_ = num_bins_ < wide_.size();
  jacobian_.assign(wide_.size() * num_bins_, 0.0);
  local_jacobian_.assign(local_.size(), 0.0);
  base_.assign(num_parameters, nullptr);
  for (std::size_t i = 0; i < wide_.size(); ++i) base_[wide_[i]] = &jacobian_[i * num_bins_];
  for (std::size_t i = 0; i < local_.size(); ++i) base_[local_[i]] = &local_jacobian_[i] - local_bin_[i];
  inverse_.assign(num_parameters, 0.0);
  weight_.assign(num_bins_, 0.0);
  work_.assign(num_bins_, 0.0);
  const auto size = static_cast<Eigen::Index>(in_bins_ ? num_bins_ : wide_.size());
  dense_->matrix.setIdentity(size, size);
  dense_->factor.compute(dense_->matrix);
  dense_->vector.setZero(size);
  dense_->scale.setZero(static_cast<Eigen::Index>(num_bins_));
}

FisherPreconditioner::~FisherPreconditioner() = default;

void FisherPreconditioner::clear() {
  std::fill(jacobian_.begin(), jacobian_.end(), 0.0);
  std::fill(local_jacobian_.begin(), local_jacobian_.end(), 0.0);
}

void FisherPreconditioner::add_transposed_product(std::span<const double> w, std::span<double> out) const {
  for (std::size_t i = 0; i < wide_.size(); ++i) {
    const double* column = &jacobian_[i * num_bins_];
    double sum = 0;
    for (std::size_t b = 0; b < num_bins_; ++b) sum += column[b] * w[b];
    out[wide_[i]] += sum;
  }
  for (std::size_t i = 0; i < local_.size(); ++i) out[local_[i]] += local_jacobian_[i] * w[local_bin_[i]];
}

void FisherPreconditioner::product(std::span<const double> v, std::span<double> out) const {
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t i = 0; i < wide_.size(); ++i) {
    const double along = v[wide_[i]];
    if (along == 0) continue;
    const double* column = &jacobian_[i * num_bins_];
    for (std::size_t b = 0; b < num_bins_; ++b) out[b] += along * column[b];
  }
  for (std::size_t i = 0; i < local_.size(); ++i) out[local_bin_[i]] += local_jacobian_[i] * v[local_[i]];
}

void FisherPreconditioner::factorise(std::span<const unsigned char> free, std::span<const double> rate, std::span<const double> curvature,
                                     std::span<const double> constraint, std::span<const double> diagonal) {
  for (std::size_t b = 0; b < num_bins_; ++b) weight_[b] = std::max(curvature[b], rate[b] > 0 ? least_weight / rate[b] : 0.0);
  const auto invert = [&](std::size_t p, auto&& information) {
    if (!free[p]) {
      inverse_[p] = 0;
      return;
    }
    double d = std::max(diagonal[p], least_constraint * constraint[p]);
    if (constraint[p] == 0) d = std::max(d, least_diagonal * information() + 1e-12);
    inverse_[p] = 1 / d;
  };
  for (std::size_t i = 0; i < wide_.size(); ++i)
    invert(wide_[i], [&] {
      double sum = 0;
      for (std::size_t b = 0; b < num_bins_; ++b) sum += weight_[b] * jacobian_[i * num_bins_ + b] * jacobian_[i * num_bins_ + b];
      return sum;
    });
  for (std::size_t i = 0; i < local_.size(); ++i) invert(local_[i], [&] { return weight_[local_bin_[i]] * local_jacobian_[i] * local_jacobian_[i]; });

  // What the local parameters of a bin can absorb: sum of j^2 / D.
  std::fill(work_.begin(), work_.end(), 0.0);
  for (std::size_t i = 0; i < local_.size(); ++i) work_[local_bin_[i]] += local_jacobian_[i] * local_jacobian_[i] * inverse_[local_[i]];
  Eigen::MatrixXd& m = dense_->matrix;
  m.setZero();
  if (in_bins_) {
    // 1 + W^1/2 J D^-1 J^T W^1/2
    for (std::size_t i = 0; i < wide_.size(); ++i)
      if (inverse_[wide_[i]] != 0) add_outer(inverse_[wide_[i]], &jacobian_[i * num_bins_], num_bins_, m.data());
    for (std::size_t b = 0; b < num_bins_; ++b) dense_->scale[static_cast<Eigen::Index>(b)] = std::sqrt(weight_[b]);
    for (std::size_t b = 0; b < num_bins_; ++b) m(static_cast<Eigen::Index>(b), static_cast<Eigen::Index>(b)) += work_[b];
    for (Eigen::Index i = 0; i < m.rows(); ++i)
      for (Eigen::Index j = 0; j < m.cols(); ++j) m(j, i) *= dense_->scale[i] * dense_->scale[j];
    m.diagonal().array() += 1;
  } else {
    // D + J^T W' J with W' = W / (1 + W sum of j^2 / D)
    for (std::size_t b = 0; b < num_bins_; ++b) weight_[b] /= 1 + weight_[b] * work_[b];
    for (std::size_t i = 0; i < wide_.size(); ++i) {
      const auto row = static_cast<Eigen::Index>(i);
      m(row, row) = 1;
      if (inverse_[wide_[i]] == 0) continue;
      for (std::size_t b = 0; b < num_bins_; ++b) work_[b] = weight_[b] * jacobian_[i * num_bins_ + b];
      for (std::size_t k = 0; k <= i; ++k) {
        if (inverse_[wide_[k]] == 0) continue;
        double sum = 0;
        for (std::size_t b = 0; b < num_bins_; ++b) sum += work_[b] * jacobian_[k * num_bins_ + b];
        m(row, static_cast<Eigen::Index>(k)) = sum;
      }
      m(row, row) += 1 / inverse_[wide_[i]];
    }
  }
  dense_->factor.compute(m);
}

void FisherPreconditioner::solve(std::span<const double> r, std::span<double> out) {
  std::fill(work_.begin(), work_.end(), 0.0);
  for (std::size_t i = 0; i < local_.size(); ++i) work_[local_bin_[i]] += local_jacobian_[i] * r[local_[i]] * inverse_[local_[i]];
  Eigen::VectorXd& y = dense_->vector;
  if (in_bins_) {
    for (std::size_t i = 0; i < wide_.size(); ++i) {
      const double scaled = r[wide_[i]] * inverse_[wide_[i]];
      if (scaled == 0) continue;
      const double* column = &jacobian_[i * num_bins_];
      for (std::size_t b = 0; b < num_bins_; ++b) work_[b] += scaled * column[b];
    }
    for (std::size_t b = 0; b < num_bins_; ++b) y[static_cast<Eigen::Index>(b)] = work_[b] * dense_->scale[static_cast<Eigen::Index>(b)];
    dense_->factor.solveInPlace(y);
    for (std::size_t b = 0; b < num_bins_; ++b) work_[b] = y[static_cast<Eigen::Index>(b)] * dense_->scale[static_cast<Eigen::Index>(b)];
    for (std::size_t i = 0; i < wide_.size(); ++i) {
      const std::size_t p = wide_[i];
      const double* column = &jacobian_[i * num_bins_];
      double sum = 0;
      for (std::size_t b = 0; b < num_bins_; ++b) sum += column[b] * work_[b];
      out[p] = (r[p] - sum) * inverse_[p];
    }
  } else {
    for (std::size_t i = 0; i < wide_.size(); ++i) {
      const double* column = &jacobian_[i * num_bins_];
      double sum = inverse_[wide_[i]] == 0 ? 0 : r[wide_[i]];
      if (inverse_[wide_[i]] != 0)
        for (std::size_t b = 0; b < num_bins_; ++b) sum -= column[b] * weight_[b] * work_[b];
      y[static_cast<Eigen::Index>(i)] = sum;
    }
    dense_->factor.solveInPlace(y);
    for (std::size_t i = 0; i < wide_.size(); ++i) {
      const double along = y[static_cast<Eigen::Index>(i)];
      out[wide_[i]] = along;
      if (along == 0) continue;
      const double* column = &jacobian_[i * num_bins_];
      for (std::size_t b = 0; b < num_bins_; ++b) work_[b] += along * column[b];
    }
    for (std::size_t b = 0; b < num_bins_; ++b) work_[b] *= weight_[b];
  }
  for (std::size_t i = 0; i < local_.size(); ++i) {
    const std::size_t p = local_[i];
    out[p] = (r[p] - local_jacobian_[i] * work_[local_bin_[i]]) * inverse_[p];
  }
}

}  // namespace umbra
