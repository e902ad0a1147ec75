#include "src/models/pmssm/neutralinos.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>

#include "src/models/pmssm/constants.h"

namespace umbra::pmssm {

Neutralinos neutralinos(const Parameters& p) {
  const double cb = 1 / std::sqrt(1 + p.tanb * p.tanb), sb = p.tanb * cb;
  const double sw = std::sqrt(sin2_theta_w), cw = std::sqrt(1 - sin2_theta_w);
  Eigen::Matrix4d m;
  m << p.M1, 0, -m_z * sw * cb, m_z * sw * sb,  //
      0, p.M2, m_z * cw * cb, -m_z * cw * sb,   //
      -m_z * sw * cb, m_z * cw * cb, 0, -p.mu,  //
      m_z * sw * sb, -m_z * cw * sb, -p.mu, 0;
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix4d> solver(m);
  const auto& values = solver.eigenvalues();
  std::array<int, 4> order = {0, 1, 2, 3};
  std::sort(order.begin(), order.end(), [&](int a, int b) { return std::abs(values[a]) < std::abs(values[b]); });
  Neutralinos n;
  for (int i = 0; i < 4; ++i) {
    n.mass[i] = values[order[i]];
    for (int j = 0; j < 4; ++j) n.N[i][j] = solver.eigenvectors()(j, order[i]);
  }
  // An eigenvector's sign is free: the largest component is positive, so that the columns do not jump.
  for (auto& row : n.N) {
    const double largest = *std::max_element(row.begin(), row.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (largest < 0)
      for (double& x : row) x = -x;
  }
  return n;
}

}  // namespace umbra::pmssm
