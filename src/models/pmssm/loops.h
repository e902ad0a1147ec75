#pragma once
// Finite real parts of the one- and two-point functions of one-loop self-energies, as in hep-ph/9606211, appendix B. Masses and scales in GeV.

namespace umbra::pmssm {

/// m^2 (1 - ln m^2/Q^2), GeV^2; 0 for a massless particle
double a0(double m, double q);
/// B0(p; m1, m2) at the scale Q
double b0(double p, double m1, double m2, double q);
/// B1(p; m1, m2) at the scale Q
double b1(double p, double m1, double m2, double q);
/// I(a, b, c) = [a^2 b^2 ln(a^2/b^2) + b^2 c^2 ln(b^2/c^2) + c^2 a^2 ln(c^2/a^2)] / [(a^2-b^2)(b^2-c^2)(a^2-c^2)], GeV^-2,
/// kept off its degenerate points by a small shift
double triangle(double a, double b, double c);

}  // namespace umbra::pmssm
