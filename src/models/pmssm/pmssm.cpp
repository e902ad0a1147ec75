// The embedded pMSSM: a fast approximate spectrum and low-energy observables of 19 parameters.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "src/base/error.h"
#include "src/models/evaluator.h"
#include "src/models/pmssm/charginos.h"
#include "src/models/pmssm/constants.h"
#include "src/models/pmssm/direct_detection.h"
#include "src/models/pmssm/electroweak.h"
#include "src/models/pmssm/flavour.h"
#include "src/models/pmssm/gauginos.h"
#include "src/models/pmssm/higgs.h"
#include "src/models/pmssm/muon_g2.h"
#include "src/models/pmssm/neutralinos.h"
#include "src/models/pmssm/sfermions.h"
#include "src/models/pmssm/soft_masses.h"

namespace umbra::pmssm {
namespace {

enum Observable {
  m_h,
  m_H,
  m_A,
  m_Hpm,
  m_chi01,
  m_chi02,
  m_chi03,
  m_chi04,
  m_chipm1,
  m_chipm2,
  m_gluino,
  m_stop1,
  m_stop2,
  m_sbottom1,
  m_sbottom2,
  m_stau1,
  m_stau2,
  m_selectronL,
  m_selectronR,
  m_sneutrinoE,
  m_sneutrinoTau,
  m_supL,
  m_supR,
  m_sdownL,
  m_sdownR,
  alpha_h,
  N_11,
  N_12,
  N_13,
  N_14,
  U_11,
  U_12,
  V_11,
  V_12,
  cos_theta_stop,
  cos_theta_sbottom,
  cos_theta_stau,
  bino_share,
  wino_share,
  higgsino_share,
  lsp_id,
  lsp_is_neutral,
  delta_a_mu,
  BR_B_Xs_gamma,
  rho_shift,
  fine_tuning,
  sigma_proton,
  validity,
  num_observables
};

const std::vector<Column>& observables() {
  static const std::vector<Column> all = {{"m_h", "GeV", "m_h"},
                                          {"m_H", "GeV", "m_H"},
                                          {"m_A", "GeV", "m_A"},
                                          {"m_Hpm", "GeV", "m_{H^\\pm}"},
                                          {"m_chi01", "GeV", "m_{\\tilde\\chi^0_1}"},
                                          {"m_chi02", "GeV", "m_{\\tilde\\chi^0_2}"},
                                          {"m_chi03", "GeV", "m_{\\tilde\\chi^0_3}"},
                                          {"m_chi04", "GeV", "m_{\\tilde\\chi^0_4}"},
                                          {"m_chipm1", "GeV", "m_{\\tilde\\chi^\\pm_1}"},
                                          {"m_chipm2", "GeV", "m_{\\tilde\\chi^\\pm_2}"},
                                          {"m_gluino", "GeV", "m_{\\tilde g}"},
                                          {"m_stop1", "GeV", "m_{\\tilde t_1}"},
                                          {"m_stop2", "GeV", "m_{\\tilde t_2}"},
                                          {"m_sbottom1", "GeV", "m_{\\tilde b_1}"},
                                          {"m_sbottom2", "GeV", "m_{\\tilde b_2}"},
                                          {"m_stau1", "GeV", "m_{\\tilde\\tau_1}"},
                                          {"m_stau2", "GeV", "m_{\\tilde\\tau_2}"},
                                          {"m_selectronL", "GeV", "m_{\\tilde e_L}"},
                                          {"m_selectronR", "GeV", "m_{\\tilde e_R}"},
                                          {"m_sneutrinoE", "GeV", "m_{\\tilde\\nu_e}"},
                                          {"m_sneutrinoTau", "GeV", "m_{\\tilde\\nu_\\tau}"},
                                          {"m_supL", "GeV", "m_{\\tilde u_L}"},
                                          {"m_supR", "GeV", "m_{\\tilde u_R}"},
                                          {"m_sdownL", "GeV", "m_{\\tilde d_L}"},
                                          {"m_sdownR", "GeV", "m_{\\tilde d_R}"},
                                          {"alpha_h", "", "\\alpha"},
                                          {"N_11", "", "N_{11}"},
                                          {"N_12", "", "N_{12}"},
                                          {"N_13", "", "N_{13}"},
                                          {"N_14", "", "N_{14}"},
                                          {"U_11", "", "U_{11}"},
                                          {"U_12", "", "U_{12}"},
                                          {"V_11", "", "V_{11}"},
                                          {"V_12", "", "V_{12}"},
                                          {"cos_theta_stop", "", "\\cos\\theta_{\\tilde t}"},
                                          {"cos_theta_sbottom", "", "\\cos\\theta_{\\tilde b}"},
                                          {"cos_theta_stau", "", "\\cos\\theta_{\\tilde\\tau}"},
                                          {"bino_share", "", "|N_{11}|^2"},
                                          {"wino_share", "", "|N_{12}|^2"},
                                          {"higgsino_share", "", "|N_{13}|^2+|N_{14}|^2"},
                                          {"lsp_id", "", "\\mathrm{LSP}"},
                                          {"lsp_is_neutral", "", "\\mathrm{LSP\\ neutral}"},
                                          {"delta_a_mu", "", "\\Delta a_\\mu"},
                                          {"BR_B_Xs_gamma", "", "\\mathrm{BR}(B\\to X_s\\gamma)"},
                                          {"delta_rho", "", "\\Delta\\rho"},
                                          {"delta_ew", "", "\\Delta_\\mathrm{EW}"},
                                          {"sigma_SI", "cm^2", "\\sigma^\\mathrm{SI}_p"},
                                          {"validity", "", "\\mathrm{valid}"}};
  return all;
}

/// Largest |X_t| / M_SUSY at which the Higgs mass is to be trusted (checked against SOFTSUSY 4.1.22).
constexpr double max_stop_mixing = 2.5;
/// GeV. A gaugino mass or mu nearer to zero counts as this: ratios of masses are computed at their limit.
constexpr double smallest_mass = 1e-3;
/// Largest share of a mass that a one-loop correction may make.
constexpr double max_correction = 0.5;

struct Candidate {
  double mass;
  int pdg_id;
};
constexpr int lightest_neutralino = 1000022;

class Pmssm : public Evaluator {
 public:
  struct Options {};
  static OptionSet<Options> options() { return {}; }

  Pmssm(Options, const ModelContext& context) {
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < parameter_names.size(); ++i) {
      const auto found = std::find(context.parameters.begin(), context.parameters.end(), parameter_names[i].name);
      if (found == context.parameters.end()) missing.push_back(parameter_names[i].name);
      index_[i] = static_cast<std::size_t>(found - context.parameters.begin());
    }
    VALIDATE(missing.empty(), "no parameter {} (the spectrum needs all of its 19), add {} or start from 'preset: pmssm19'", join(missing),
             missing.size() == 1 ? "it" : "them");
  }

  const std::vector<Column>& columns() const override { return observables(); }
  Evaluation evaluate(std::span<const double> theta, RandomStream&, std::span<double> row) override;

 private:
  std::array<std::size_t, 19> index_{};
};

Evaluation unphysical(std::string why) { return {Status::unphysical, std::move(why)}; }

Evaluation Pmssm::evaluate(std::span<const double> theta, RandomStream&, std::span<double> row) {
  EXPECT(row.size() == num_observables);
  Parameters p;
  for (std::size_t i = 0; i < index_.size(); ++i) p.*parameter_names[i].member = theta[index_[i]];
  for (const double Parameters::*positive :
       {&Parameters::mL1, &Parameters::mL3, &Parameters::mE1, &Parameters::mE3, &Parameters::mQ1, &Parameters::mQ3, &Parameters::mU1,
        &Parameters::mU3, &Parameters::mD1, &Parameters::mD3, &Parameters::MA, &Parameters::tanb})
    if (!(p.*positive > 0)) return unphysical("a soft mass, MA or tanb is not positive");
  for (double Parameters::*either_sign : {&Parameters::M1, &Parameters::M2, &Parameters::M3, &Parameters::mu})
    if (std::abs(p.*either_sign) < smallest_mass) p.*either_sign = std::copysign(smallest_mass, p.*either_sign);

  // Running masses at M_SUSY enter loops; pole masses are what is reported.
  const ThirdGeneration third = third_generation(p);
  if (!(third.stops.light2 > 0) || !(third.sbottoms.light2 > 0)) return unphysical("a stop or sbottom is a tachyon");
  const std::optional<Higgs> higgs_bosons = higgs(p, third);
  if (!higgs_bosons || higgs_bosons->h <= higgs_shift) return unphysical("a Higgs boson is a tachyon");

  const Parameters pole = with_pole_sfermions(with_pole_gauginos(p, third), soft_mass_shifts(p, third));
  const Sfermions stops = sfermions(pole.mQ3, pole.mU3, third.top, third.x_top, up_type, p.tanb);
  const Sfermions sbottoms = sfermions(pole.mQ3, pole.mD3, third.corrected_bottom(), third.x_bottom, down_type, p.tanb);
  const Sfermions staus = sfermions(pole.mL3, pole.mE3, m_tau, p.Atau - p.mu * p.tanb, lepton_type, p.tanb);
  const Sfermions muons = smuons(pole);
  const double selectron_l2 = left2(pole.mL1, lepton_type, p.tanb), selectron_r2 = right2(pole.mE1, lepton_type, p.tanb);
  const double sneutrino_e2 = left2(pole.mL1, neutrino_type, p.tanb), sneutrino_tau2 = left2(pole.mL3, neutrino_type, p.tanb);
  const double sup_l2 = left2(pole.mQ1, up_type, p.tanb), sup_r2 = right2(pole.mU1, up_type, p.tanb);
  const double sdown_l2 = left2(pole.mQ1, down_type, p.tanb), sdown_r2 = right2(pole.mD1, down_type, p.tanb);
  const std::pair<double, const char*> squared[] = {{stops.light2, "stop"},      {sbottoms.light2, "sbottom"},      {staus.light2, "stau"},
                                                    {muons.light2, "smuon"},     {selectron_l2, "left selectron"},  {selectron_r2, "right selectron"},
                                                    {sneutrino_e2, "sneutrino"}, {sneutrino_tau2, "tau sneutrino"}, {sup_l2, "left up squark"},
                                                    {sup_r2, "right up squark"}, {sdown_l2, "left down squark"},    {sdown_r2, "right down squark"}};
  for (const auto& [mass2, particle] : squared)
    if (!(mass2 > 0)) return unphysical(fmt::format("the {} is a tachyon", particle));

  const Neutralinos chi0 = neutralinos(pole);
  const Charginos chi = charginos(pole);
  const MuonG2 g2 = muon_g2(pole, chi0, chi, muons, sneutrino_e2);
  const BsGamma bsg = bs_gamma(p, charginos(p), third);

  row[m_h] = higgs_bosons->h - higgs_shift;
  row[m_H] = higgs_bosons->H;
  row[m_A] = p.MA;
  row[m_Hpm] = std::hypot(p.MA, m_w);  // tree level (hep-ph/9709356, section 8.1)
  for (int i = 0; i < 4; ++i) row[m_chi01 + i] = std::abs(chi0.mass[i]);
  row[m_chipm1] = chi.mass[0];
  row[m_chipm2] = chi.mass[1];
  row[m_gluino] = gluino_mass(p);
  row[m_stop1] = std::sqrt(stops.light2);
  row[m_stop2] = std::sqrt(stops.heavy2);
  row[m_sbottom1] = std::sqrt(sbottoms.light2);
  row[m_sbottom2] = std::sqrt(sbottoms.heavy2);
  row[m_stau1] = std::sqrt(staus.light2);
  row[m_stau2] = std::sqrt(staus.heavy2);
  row[m_selectronL] = std::sqrt(selectron_l2);
  row[m_selectronR] = std::sqrt(selectron_r2);
  row[m_sneutrinoE] = std::sqrt(sneutrino_e2);
  row[m_sneutrinoTau] = std::sqrt(sneutrino_tau2);
  row[m_supL] = std::sqrt(sup_l2);
  row[m_supR] = std::sqrt(sup_r2);
  row[m_sdownL] = std::sqrt(sdown_l2);
  row[m_sdownR] = std::sqrt(sdown_r2);

  row[alpha_h] = higgs_bosons->alpha;
  const auto& n = chi0.N[0];
  for (int i = 0; i < 4; ++i) row[N_11 + i] = n[i];
  row[U_11] = chi.U[0][0];
  row[U_12] = chi.U[0][1];
  row[V_11] = chi.V[0][0];
  row[V_12] = chi.V[0][1];
  row[cos_theta_stop] = stops.cos_theta;
  row[cos_theta_sbottom] = sbottoms.cos_theta;
  row[cos_theta_stau] = staus.cos_theta;
  row[bino_share] = n[0] * n[0];
  row[wino_share] = n[1] * n[1];
  row[higgsino_share] = n[2] * n[2] + n[3] * n[3];

  // Particle Data Group numbering of superpartners.
  const Candidate candidates[] = {{row[m_chi01], lightest_neutralino},
                                  {row[m_sneutrinoE], 1000012},
                                  {row[m_sneutrinoTau], 1000016},
                                  {row[m_chipm1], 1000024},
                                  {row[m_stau1], 1000015},
                                  {row[m_selectronL], 1000011},
                                  {row[m_selectronR], 2000011},
                                  {row[m_stop1], 1000006},
                                  {row[m_sbottom1], 1000005},
                                  {row[m_gluino], 1000021},
                                  {row[m_supL], 1000002},
                                  {row[m_supR], 2000002},
                                  {row[m_sdownL], 1000001},
                                  {row[m_sdownR], 2000001}};
  const Candidate& lsp =
      *std::min_element(std::begin(candidates), std::end(candidates), [](const Candidate& a, const Candidate& b) { return a.mass < b.mass; });
  row[lsp_id] = lsp.pdg_id;
  // A sneutrino has no charge either, but scatters off nuclei like a neutrino and is long excluded as a relic (hep-ph/9409270): it does not count.
  row[lsp_is_neutral] = lsp.pdg_id == lightest_neutralino ? 1 : 0;

  row[delta_a_mu] = g2.total;
  row[BR_B_Xs_gamma] = bsg.branching_ratio;
  row[rho_shift] = delta_rho(third);
  row[fine_tuning] = delta_ew(p, third);
  row[sigma_proton] = sigma_si(p, chi0, *higgs_bosons, third);

  // The Higgs mass, the bottom mass and b -> s gamma, and every one-loop shift of a mass within bounds.
  const auto moderate = [](double corrected, double tree) { return std::abs(corrected - tree) <= max_correction * std::abs(tree); };
  bool valid = std::abs(third.x_top) <= max_stop_mixing * third.m_susy && 1 + third.delta_b > ThirdGeneration::min_bottom_factor &&
               bsg.resummation > ThirdGeneration::min_bottom_factor && moderate(row[m_gluino], p.M3);
  for (const ParameterName& parameter : parameter_names) valid = valid && moderate(pole.*parameter.member, p.*parameter.member);
  row[validity] = valid ? 1 : 0;
  for (std::size_t i = 0; i < row.size(); ++i)
    if (!std::isfinite(row[i])) return {Status::not_finite, fmt::format("{} is {}", observables()[i].name, row[i])};
  return {};
}

[[maybe_unused]] const bool registered = ModelRegistry::instance().add<Pmssm>(
    "pmssm", "19-parameter MSSM: fast approximate spectrum, g-2, b -> s gamma, direct detection", "hep-ph/9709356");

}  // namespace
}  // namespace umbra::pmssm
