// Ready sets of constraints for the embedded pMSSM; every measured number names its source.

#include "src/space/constraint.h"

namespace umbra::pmssm {
namespace {

Config entry(std::initializer_list<std::pair<const char*, Config>> items) {
  Config map = Config::map({});
  for (const auto& [key, value] : items) map.set(key, value);
  return map;
}

Config require(const char* name, const char* expression) { return entry({{"name", name}, {"type", "require"}, {"expression", expression}}); }

Config chargino() {
  return entry({{"column", "m_chipm1"},
                {"type", "lower"},
                {"value", 103.5},
                {"source", "LEP SUSY working group, note LEPSUSYWG/01-03.1; weaker when nearly degenerate with the lightest neutralino"}});
}

Config b_to_s_gamma() {
  return entry({{"column", "BR_B_Xs_gamma"},
                {"type", "normal"},
                {"value", 3.49e-4},
                {"sigma", 0.19e-4},
                {"theory", 0.38e-4},
                {"source",
                 "HFLAV average for E_gamma > 1.6 GeV (arXiv:2206.07501); theory: 10 % for the formula and 0.17e-4 for the Standard Model "
                 "(arXiv:2002.01548)"}});
}

Config survey() {
  return Config::list({
      entry({{"column", "m_h"},
             {"type", "normal"},
             {"value", 125.20},
             {"sigma", 0.11},
             {"theory", "abs(At - mu / tanb) > 2 * sqrt(mQ3 * mU3) ? 3 : 2"},
             {"source", "PDG 2024 (doi:10.1103/PhysRevD.110.030001); theory: error of the embedded formula"}}),
      entry({{"column", "delta_a_mu"},
             {"type", "normal"},
             {"value", 3.8e-10},
             {"sigma", 6.3e-10},
             {"source", "Standard Model of the 2025 white paper (arXiv:2505.21476), experiment to the end of Fermilab's runs (arXiv:2506.03069)"}}),
      b_to_s_gamma(),
      chargino(),
      entry({{"column", "m_selectronR"}, {"type", "lower"}, {"value", 107}, {"source", "PDG 2024 (doi:10.1103/PhysRevD.110.030001)"}}),
      entry({{"column", "m_stau1"}, {"type", "lower"}, {"value", 81.9}, {"source", "PDG 2024 (doi:10.1103/PhysRevD.110.030001)"}}),
      require("neutral_lsp", "lsp_is_neutral"),
  });
}

Config galactic_centre() {
  return Config::list({
      entry({{"column", "m_chi01"},
             {"type", "range"},
             {"value", Config::list({Config(80.0), Config(100.0)})},
             {"smear", 2},
             {"source", "the WW region of arXiv:1502.05703"}}),
      entry({{"column", "higgsino_share"}, {"type", "lower"}, {"value", 0.05}, {"source", "the WW region of arXiv:1502.05703"}}),
      chargino(),
      entry({{"column", "m_h"},
             {"type", "normal"},
             {"value", 125.20},
             {"sigma", 0.11},
             {"theory", 2.0},
             {"source", "PDG 2024 (doi:10.1103/PhysRevD.110.030001)"}}),
      b_to_s_gamma(),
      entry({{"column", "delta_a_mu"},
             {"type", "normal"},
             {"value", 24.9e-10},
             {"sigma", 4.8e-10},
             {"source", "against the 2020 white paper (arXiv:2006.04822), kept as a hard historical target"}}),
  });
}

Config exclusion() {
  return Config::list({
      require("gluino", "(m_gluino < 2000 && m_chi01 < 1000 && m_gluino - m_chi01 > 100) == 0"),
      require("squarks", "(min(m_supL, m_supR, m_sdownR) < 1400 && m_chi01 < 600 && min(m_supL, m_supR, m_sdownR) - m_chi01 > 50) == 0"),
      require("stop", "(m_stop1 < 1100 && m_chi01 < 500 && m_stop1 - m_chi01 > 180) == 0"),
      require("sbottom", "(m_sbottom1 < 1200 && m_chi01 < 500 && m_sbottom1 - m_chi01 > 50) == 0"),
      require("selectrons", "(min(m_selectronL, m_selectronR) < 600 && m_chi01 < 300 && min(m_selectronL, m_selectronR) - m_chi01 > 40) == 0"),
      require("stau", "(m_stau1 < 350 && m_chi01 < 150) == 0"),
      require("charged", "m_chipm1 > 103.5 && m_stau1 > 82 && min(m_selectronL, m_selectronR) > 94"),
      require("heavy_higgs", "tanb < 6 + 10 * max(0, (m_A - 300) / 500)^1.3"),
  });
}

Config exclusion_rare() {
  return Config::list({
      entry({{"include", "exclusion"}}),
      entry({{"column", "m_h"}, {"type", "range"}, {"value", Config::list({Config(122.0), Config(128.2)})}}),
      require("neutral_lsp", "lsp_is_neutral"),
  });
}

[[maybe_unused]] const bool registered[] = {
    ConstraintSets::add("survey", "pMSSM: what a fit to today's data asks for", survey),
    ConstraintSets::add("galactic_centre", "pMSSM: a rare corner with a light mixed neutralino and a large muon g-2, hard to find", galactic_centre),
    ConstraintSets::add(
        "exclusion", "pMSSM: shaped like simplified-model limits of the LHC, not physics results; about 0.44 of the physical points pass", exclusion),
    ConstraintSets::add("exclusion_rare",
                        "pMSSM: exclusion, the Higgs mass and a neutralino as lightest particle; under 2 % of the physical points pass",
                        exclusion_rare),
};

}  // namespace
}  // namespace umbra::pmssm
