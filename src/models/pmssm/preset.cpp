// preset: pmssm19, the parameters of the embedded pMSSM with a wide box.

#include "src/space/parameter_space.h"

namespace umbra::pmssm {
namespace {

struct Line {
  const char *name, *label, *unit;
  double low, high;
};

// Flat in each. Lower ends are about where direct searches at LEP and the Tevatron stopped.
constexpr Line lines[] = {{"M1", "M_1", "GeV", -4000, 4000},
                          {"M2", "M_2", "GeV", -4000, 4000},
                          {"M3", "M_3", "GeV", 200, 4000},
                          {"mL1", "m_{\\tilde L_1}", "GeV", 90, 4000},
                          {"mL3", "m_{\\tilde L_3}", "GeV", 90, 4000},
                          {"mE1", "m_{\\tilde e_1}", "GeV", 90, 4000},
                          {"mE3", "m_{\\tilde e_3}", "GeV", 90, 4000},
                          {"mQ1", "m_{\\tilde Q_1}", "GeV", 200, 4000},
                          {"mQ3", "m_{\\tilde Q_3}", "GeV", 100, 4000},
                          {"mU1", "m_{\\tilde u_1}", "GeV", 200, 4000},
                          {"mU3", "m_{\\tilde u_3}", "GeV", 100, 4000},
                          {"mD1", "m_{\\tilde d_1}", "GeV", 200, 4000},
                          {"mD3", "m_{\\tilde d_3}", "GeV", 100, 4000},
                          {"At", "A_t", "GeV", -8000, 8000},
                          {"Ab", "A_b", "GeV", -4000, 4000},
                          {"Atau", "A_\\tau", "GeV", -4000, 4000},
                          {"mu", "\\mu", "GeV", -4000, 4000},
                          {"MA", "M_A", "GeV", 100, 4000},
                          {"tanb", "\\tan\\beta", "", 1, 60}};

Config pmssm19() {
  std::vector<Config> parameters;
  for (const Line& line : lines) {
    Config p = Config::map({});
    p.set("name", Config(line.name));
    p.set("label", Config(line.label));
    if (*line.unit) p.set("unit", Config(line.unit));
    p.set("prior", Config("flat"));
    p.set("range", Config::list({Config(line.low), Config(line.high)}));
    parameters.push_back(std::move(p));
  }
  return Config::list(std::move(parameters));
}

[[maybe_unused]] const bool registered =
    Presets::add("pmssm19", "the 19 parameters of model pmssm, flat up to 4 TeV (A_t to 8 TeV), tan beta 1 to 60", pmssm19);

}  // namespace
}  // namespace umbra::pmssm
