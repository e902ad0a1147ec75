#include "src/models/functions/rotation.h"

#include <cmath>

#include "src/base/random.h"

namespace umbra {

Rotation::Rotation(std::size_t dim, std::uint64_t seed) : dim_(dim), matrix_(dim * dim) {
  RandomStream stream(seed, Purpose::rotate, dim);
  stream.fill_normal(matrix_);
  for (std::size_t i = 0; i < dim; ++i) {
    double* row = &matrix_[i * dim];
    // Twice: once leaves an error of the size of the conditioning.
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t j = 0; j < i; ++j) {
        const double* other = &matrix_[j * dim];
        double dot = 0.0;
        for (std::size_t k = 0; k < dim; ++k) dot += row[k] * other[k];
        for (std::size_t k = 0; k < dim; ++k) row[k] -= dot * other[k];
      }
    double norm = 0.0;
    for (std::size_t k = 0; k < dim; ++k) norm += row[k] * row[k];
    for (std::size_t k = 0; k < dim; ++k) row[k] /= std::sqrt(norm);
  }
}

void Rotation::about(double centre, std::span<const double> x, std::span<double> out) const {
  for (std::size_t i = 0; i < dim_; ++i) {
    double sum = centre;
    for (std::size_t k = 0; k < dim_; ++k) sum += matrix_[i * dim_ + k] * (x[k] - centre);
    out[i] = sum;
  }
}

}  // namespace umbra
