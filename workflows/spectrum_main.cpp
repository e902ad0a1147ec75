// umbra-spectrum: the embedded pMSSM as a program of its own, SLHA in and SLHA out, as any spectrum generator.
//   umbra-spectrum [IN [OUT]]     - or nothing: standard input or output
// Exit code 0: a spectrum; 1: an unphysical point (SPINFO 4 says why, no masses are written); 2: bad input.

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <limits>
#include <sstream>

#include "src/base/error.h"
#include "src/formats/number.h"
#include "src/formats/slha.h"
#include "src/models/evaluator.h"
#include "src/models/pmssm/charginos.h"
#include "src/models/pmssm/constants.h"
#include "src/models/pmssm/gauginos.h"
#include "src/models/pmssm/higgs.h"
#include "src/models/pmssm/neutralinos.h"
#include "src/models/pmssm/sfermions.h"
#include "src/models/pmssm/soft_masses.h"

using namespace umbra;

namespace {

struct Input {
  const char* name;
  int extpar;  ///< SLHA EXTPAR index (hep-ph/0311123, section 3.1); tan beta is MINPAR 3
  int same;    ///< of the second generation, degenerate with the first; 0: none
};
constexpr Input inputs[] = {{"M1", 1, 0},     {"M2", 2, 0},    {"M3", 3, 0},   {"mL1", 31, 32}, {"mL3", 33, 0}, {"mE1", 34, 35}, {"mE3", 36, 0},
                            {"mQ1", 41, 42},  {"mQ3", 43, 0},  {"mU1", 44, 45}, {"mU3", 46, 0}, {"mD1", 47, 48}, {"mD3", 49, 0},  {"At", 11, 0},
                            {"Ab", 12, 0},    {"Atau", 13, 0}, {"mu", 23, 0},  {"MA", 26, 0}};

struct Mass {
  int pdg_id;
  const char* column;
  const char* comment;
};
constexpr Mass masses[] = {{25, "m_h", "h"}, {35, "m_H", "H"}, {36, "m_A", "A"}, {37, "m_Hpm", "H+"}, {1000021, "m_gluino", "~g"}, {1000024, "m_chipm1", "~chi_1+"},
                           {1000037, "m_chipm2", "~chi_2+"}, {1000001, "m_sdownL", "~d_L"}, {2000001, "m_sdownR", "~d_R"}, {1000002, "m_supL", "~u_L"},
                           {2000002, "m_supR", "~u_R"}, {1000003, "m_sdownL", "~s_L"}, {2000003, "m_sdownR", "~s_R"}, {1000004, "m_supL", "~c_L"}, {2000004, "m_supR", "~c_R"},
                           {1000005, "m_sbottom1", "~b_1"}, {2000005, "m_sbottom2", "~b_2"}, {1000006, "m_stop1", "~t_1"}, {2000006, "m_stop2", "~t_2"},
                           {1000011, "m_selectronL", "~e_L"}, {2000011, "m_selectronR", "~e_R"}, {1000012, "m_sneutrinoE", "~nu_eL"}, {1000013, "m_selectronL", "~mu_L"},
                           {2000013, "m_selectronR", "~mu_R"}, {1000014, "m_sneutrinoE", "~nu_muL"}, {1000015, "m_stau1", "~tau_1"}, {2000015, "m_stau2", "~tau_2"},
                           {1000016, "m_sneutrinoTau", "~nu_tauL"}};
constexpr int neutralino_ids[] = {1000022, 1000023, 1000025, 1000035};

// Numbers that SLHA has no block for.
constexpr const char* low_energy[] = {"delta_a_mu", "BR_B_Xs_gamma", "delta_rho", "delta_ew", "sigma_SI", "validity"};

std::string read_all(const std::string& name) {
  std::ostringstream text;
  if (name == "-") {
    text << std::cin.rdbuf();
    return text.str();
  }
  std::ifstream in(name, std::ios::binary);
  VALIDATE(in, "cannot read {}", name);
  text << in.rdbuf();
  return text.str();
}

double required(const Slha& slha, const char* block, int index, const char* meaning) {
  const auto text = slha.find({block, {index}, false, {}});
  VALIDATE(text, "the input has no entry {} {} ({})", block, index, meaning);
  const auto value = read_number(*text);
  VALIDATE(value && std::isfinite(*value), "{} {} is '{}', not a number", block, index, *text);
  return *value;
}

double second_generation(const Slha& slha, const Input& input, double first) {
  if (input.same == 0 || !slha.find({"EXTPAR", {input.same}, false, {}})) return first;
  const double second = required(slha, "EXTPAR", input.same, "second generation");
  VALIDATE(std::abs(second - first) <= 1e-6 * std::abs(first), "EXTPAR {} is {} and EXTPAR {} is {} (the pMSSM has both generations degenerate), make them equal", input.extpar, first, input.same,
           second);
  return first;
}

// What the input asks of the Standard Model that the embedded pMSSM, which has inputs of its own, does not do; "" where that is nothing.
std::string other_standard_model(const Slha& slha) {
  constexpr std::pair<int, double> own[] = {{3, pmssm::alpha_s_mz}, {4, pmssm::m_z}, {5, 4.18}, {6, pmssm::m_top}, {7, pmssm::m_tau}};
  std::string said;
  for (const auto& [index, value] : own) {
    const auto text = slha.find({"SMINPUTS", {index}, false, {}});
    const auto given = text ? read_number(*text) : std::nullopt;
    if (given && std::abs(*given - value) > 1e-6 * value) said += fmt::format("{}SMINPUTS {} is {}, used is {}", said.empty() ? "" : "; ", index, *given, value);
  }
  return said;
}

// One line each, in the columns that the accord gives Fortran readers (hep-ph/0311123, sections 3 and 4).
std::string entry(int index, double value, std::string_view comment) { return fmt::format(" {:5}   {:16.8E}   # {}\n", index, value, comment); }          // 1x,I5,3x,1P,E16.8,0P,3x,'#',1x,A
std::string mass_line(int pdg_id, double value, std::string_view comment) { return fmt::format(" {:9}   {:16.8E}   # {}\n", pdg_id, value, comment); }  // 1x,I9,3x,1P,E16.8,0P,3x,'#',1x,A

void matrix(std::string& out, const char* block, std::initializer_list<std::initializer_list<double>> rows) {
  out += fmt::format("Block {}\n", block);
  int i = 0;
  for (const auto& row : rows) {
    ++i;
    int k = 0;
    for (const double x : row) out += fmt::format(" {:2} {:2}   {:16.8E}   # {}_{}{}\n", i, ++k, x, block, i, k);  // 1x,I2,1x,I2,3x,1P,E16.8,0P,3x,'#',1x,A
  }
}

std::string spectrum(const pmssm::Parameters& p, const std::vector<Column>& columns, std::span<const double> row) {
  const auto value = [&](std::string_view name) {
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (columns[i].name == name) return row[i];
    throw std::logic_error(fmt::format("the model has no column {}", name));
  };
  std::string out = "Block MASS   # pole masses in GeV\n#  PDG code           mass   particle\n";
  out += mass_line(24, pmssm::m_w, "W+");
  for (const Mass& m : masses) out += mass_line(m.pdg_id, value(m.column), m.comment);
  // The mixing matrices in full, from the same parameters that the model diagonalises; the test compares what both give.
  const pmssm::ThirdGeneration third = pmssm::third_generation(p);
  const pmssm::Parameters pole = pmssm::with_pole_sfermions(pmssm::with_pole_gauginos(p, third), pmssm::soft_mass_shifts(p, third));
  const pmssm::Neutralinos chi0 = pmssm::neutralinos(pole);
  for (std::size_t i = 0; i < 4; ++i) out += mass_line(neutralino_ids[i], chi0.mass[i], fmt::format("~chi_{}0", i + 1));
  const auto& n = chi0.N;
  matrix(out, "NMIX", {{n[0][0], n[0][1], n[0][2], n[0][3]}, {n[1][0], n[1][1], n[1][2], n[1][3]}, {n[2][0], n[2][1], n[2][2], n[2][3]}, {n[3][0], n[3][1], n[3][2], n[3][3]}});
  const pmssm::Charginos chi = pmssm::charginos(pole);
  matrix(out, "UMIX", {{chi.U[0][0], chi.U[0][1]}, {chi.U[1][0], chi.U[1][1]}});
  matrix(out, "VMIX", {{chi.V[0][0], chi.V[0][1]}, {chi.V[1][0], chi.V[1][1]}});
  const pmssm::Sfermions stops = pmssm::sfermions(pole.mQ3, pole.mU3, third.top, third.x_top, pmssm::up_type, p.tanb);
  const pmssm::Sfermions sbottoms = pmssm::sfermions(pole.mQ3, pole.mD3, third.corrected_bottom(), third.x_bottom, pmssm::down_type, p.tanb);
  const pmssm::Sfermions staus = pmssm::sfermions(pole.mL3, pole.mE3, pmssm::m_tau, p.Atau - p.mu * p.tanb, pmssm::lepton_type, p.tanb);
  for (const auto& [block, pair] : {std::pair("STOPMIX", stops), std::pair("SBOTMIX", sbottoms), std::pair("STAUMIX", staus)})
    matrix(out, block, {{pair.cos_theta, pair.sin_theta}, {-pair.sin_theta, pair.cos_theta}});
  out += fmt::format("Block ALPHA   # mixing angle of the Higgs bosons\n         {:16.8E}   # alpha\n", value("alpha_h"));  // 9x,1P,E16.8,0P,3x,'#',1x,A
  out += fmt::format("Block HMIX Q= {:16.8E}   # Higgs mixing parameters\n", std::sqrt(p.mQ3 * p.mU3));
  out += entry(1, p.mu, "mu") + entry(2, p.tanb, "tan beta (at m_Z)");
  out += "Block UMBRA   # what SLHA has no block for\n";
  int index = 0;
  for (const char* name : low_energy) out += entry(++index, value(name), name);
  return out;
}

int run(const std::string& in, const std::string& out) {
  const Slha slha(read_all(in));
  std::vector<std::string> names;
  std::vector<double> theta;
  std::string echo = "Block MODSEL\n     1     0   # general MSSM\nBlock MINPAR\n";
  const double tanb = required(slha, "MINPAR", 3, "tan beta");
  echo += entry(3, tanb, "tanb") + "Block EXTPAR\n";
  for (const Input& input : inputs) {
    names.push_back(input.name);
    theta.push_back(second_generation(slha, input, required(slha, "EXTPAR", input.extpar, input.name)));
    echo += entry(input.extpar, theta.back(), input.name);
    if (input.same != 0) echo += entry(input.same, theta.back(), fmt::format("{}, second generation", input.name));
  }
  names.push_back("tanb");
  theta.push_back(tanb);

  Faults faults;
  Config type;
  type.set("type", "pmssm");
  const auto model = ModelRegistry::instance().make(type, faults, ModelContext{names});
  faults.throw_if_any("umbra-spectrum");
  std::vector<double> row(model->columns().size(), std::numeric_limits<double>::quiet_NaN());
  RandomStream unused(0, Purpose::evaluate, 0);
  const Evaluation result = model->evaluate(theta, unused, row);
  pmssm::Parameters p{};
  for (const auto& [name, member] : pmssm::parameter_names)
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == name) p.*member = theta[i];

  std::string text = "# SUSY Les Houches Accord 2\nBlock SPINFO\n     1   umbra-spectrum   # spectrum calculator\n     2   " UMBRA_VERSION "   # version\n";
  if (const std::string ignored = other_standard_model(slha); !ignored.empty()) text += fmt::format("     3   {}   # warning\n", ignored);
  if (result.status != Status::ok) text += fmt::format("     4   {}   # irreconcilable problem\n", result.message);
  text += echo;
  if (result.status == Status::ok) text += spectrum(p, model->columns(), row);
  if (out == "-") {
    std::cout << text << std::flush;
    return result.status == Status::ok ? 0 : 1;
  }
  std::ofstream file(out, std::ios::binary);
  file << text;
  file.close();
  VALIDATE(file, "cannot write {}", out);
  return result.status == Status::ok ? 0 : 1;
}

}  // namespace

int main(int argc, char* argv[]) {
  const std::string in = argc > 1 ? argv[1] : "-", out = argc > 2 ? argv[2] : "-";
  if (argc > 3 || in == "--help" || in == "-h") {
    std::fputs("usage: umbra-spectrum [IN [OUT]]\nReads MINPAR 3 and EXTPAR 1-3, 11-13, 23, 26, 31, 33, 34, 36, 41, 43, 44, 46, 47, 49 in SLHA form; writes the spectrum.\n", stderr);
    return argc > 3 ? 2 : 0;
  }
  try {
    return run(in, out);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "umbra-spectrum: %s\n", e.what());
    return 2;
  }
}
