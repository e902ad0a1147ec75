#pragma once
// Standard Model inputs of the pMSSM formulas, all in one place. GeV where not said otherwise.

#include <numbers>

namespace umbra::pmssm {

inline constexpr double pi = std::numbers::pi;

// Particle Data Group, Review of Particle Physics (doi:10.1103/PhysRevD.98.030001 and later editions).
inline constexpr double m_z = 91.1876;
inline constexpr double m_w = 80.379;
inline constexpr double m_top = 173.1;  ///< pole
inline constexpr double m_tau = 1.77686;
inline constexpr double m_muon = 0.1056583715;
inline constexpr double m_proton = 0.938272;
inline constexpr double m_bottom_at_mz = 2.85;          ///< MS-bar at m_Z, from m_b(m_b) = 4.18
inline constexpr double m_top_running_at_mtop = 162.0;  ///< MS-bar at itself, for b -> s gamma
inline constexpr double alpha_em = 1 / 127.95;          ///< MS-bar at m_Z
inline constexpr double alpha_s_mz = 0.1184;
inline constexpr double sin2_theta_w = 0.2312;          ///< MS-bar at m_Z
inline constexpr double fermi_constant = 1.1663787e-5;  ///< GeV^-2
inline constexpr double gev2_cm2 = 3.893794e-28;        ///< (hbar c)^2, cm^2 GeV^2

/// Squared gauge couplings of hypercharge and isospin at m_Z.
inline constexpr double g1_squared = 4 * pi * alpha_em / (1 - sin2_theta_w);
inline constexpr double g2_squared = 4 * pi * alpha_em / sin2_theta_w;

/// sqrt(v_u^2 + v_d^2), from the Fermi constant.
inline constexpr double v_higgs = 174.104;

// Scalar quark contents of the proton (arXiv:1305.0237, table 1).
inline constexpr double proton_f_up = 0.0153;
inline constexpr double proton_f_down = 0.0191;
inline constexpr double proton_f_strange = 0.0447;

}  // namespace umbra::pmssm
