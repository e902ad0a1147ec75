#pragma once
// The 19 parameters of the phenomenological MSSM (arXiv:0812.0980) and their conventions.

#include <array>

namespace umbra::pmssm {

/// GeV but for tanb. Soft terms and mu are running at M_SUSY = sqrt(mQ3 mU3), MA is the pole mass, tan beta is DR-bar at m_Z (SLHA MINPAR 3,
/// hep-ph/0311123). Signs: X_t = A_t - mu / tan beta. Index 1 stands for the first two generations, which are degenerate.
struct Parameters {
  double M1, M2, M3, mL1, mL3, mE1, mE3, mQ1, mQ3, mU1, mU3, mD1, mD3, At, Ab, Atau, mu, MA, tanb;
};

struct ParameterName {
  const char* name;
  double Parameters::*member;
};

inline constexpr std::array<ParameterName, 19> parameter_names = {{{"M1", &Parameters::M1},
                                                                   {"M2", &Parameters::M2},
                                                                   {"M3", &Parameters::M3},
                                                                   {"mL1", &Parameters::mL1},
                                                                   {"mL3", &Parameters::mL3},
                                                                   {"mE1", &Parameters::mE1},
                                                                   {"mE3", &Parameters::mE3},
                                                                   {"mQ1", &Parameters::mQ1},
                                                                   {"mQ3", &Parameters::mQ3},
                                                                   {"mU1", &Parameters::mU1},
                                                                   {"mU3", &Parameters::mU3},
                                                                   {"mD1", &Parameters::mD1},
                                                                   {"mD3", &Parameters::mD3},
                                                                   {"At", &Parameters::At},
                                                                   {"Ab", &Parameters::Ab},
                                                                   {"Atau", &Parameters::Atau},
                                                                   {"mu", &Parameters::mu},
                                                                   {"MA", &Parameters::MA},
                                                                   {"tanb", &Parameters::tanb}}};

}  // namespace umbra::pmssm
