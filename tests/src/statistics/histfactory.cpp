#include "src/statistics/histfactory.h"

#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/workspaces.h"

using namespace umbra;

namespace {

/// Interpolations as their definitions have them, piece by piece.
double norm_factor(NormsysCode code, double lo, double hi, double a) {
  if (code == NormsysCode::code1 || std::abs(a) >= 1) return a >= 0 ? std::pow(hi, a) : std::pow(lo, -a);
  // Six conditions on the polynomial, solved by elimination.
  double m[6][7];
  for (int i = 0; i < 6; ++i) {
    m[0][i] = 1, m[1][i] = i % 2 ? 1 : -1;
    m[2][i] = i + 1, m[3][i] = (i + 1) * (i % 2 ? -1 : 1);
    m[4][i] = i * (i + 1), m[5][i] = i * (i + 1) * (i % 2 ? 1 : -1);
  }
  const double lh = std::log(hi), ll = std::log(lo);
  const double rhs[6] = {hi - 1, lo - 1, hi * lh, -lo * ll, hi * lh * lh, lo * ll * ll};
  for (int i = 0; i < 6; ++i) m[i][6] = rhs[i];
  for (int k = 0; k < 6; ++k) {
    int pivot = k;
    for (int i = k; i < 6; ++i)
      if (std::abs(m[i][k]) > std::abs(m[pivot][k])) pivot = i;
    for (int j = 0; j < 7; ++j) std::swap(m[k][j], m[pivot][j]);
    for (int i = 0; i < 6; ++i)
      if (i != k)
        for (int j = 6; j >= k; --j) m[i][j] -= m[i][k] / m[k][k] * m[k][j];
  }
  double f = 1;
  for (int i = 0; i < 6; ++i) f += m[i][6] / m[i][i] * std::pow(a, i + 1);
  return f;
}

double histo_shift(HistosysCode code, double lo, double nominal, double hi, double a) {
  if (code == HistosysCode::code0) return a >= 0 ? a * (hi - nominal) : a * (nominal - lo);
  if (code == HistosysCode::code2) {
    const double s = (hi - lo) / 2, c = (hi + lo) / 2 - nominal;
    if (a > 1) return (s + 2 * c) * (a - 1) + hi - nominal;
    if (a < -1) return (s - 2 * c) * (a + 1) + lo - nominal;
    return c * a * a + s * a;
  }
  if (a > 1) return a * (hi - nominal);
  if (a < -1) return a * (nominal - lo);
  const double s = (hi - lo) / 2, c = (hi + lo - 2 * nominal) / 16;
  return a * (s + a * c * (15 + a * a * (3 * a * a - 10)));
}

/// The rates of a workspace straight from its text, with all the patience in the world.
std::vector<double> plain_rates(const Workspace& w, const HistFactory& model, const std::vector<double>& x) {
  const auto value = [&](const std::string& name) { return x[model.find(name)]; };
  std::vector<double> rates;
  for (const ChannelSpec& channel : w.channels)
    for (std::size_t b = 0; b < channel.num_bins(); ++b) {
      double rate = 0;
      for (const SampleSpec& sample : channel.samples) {
        double sum = sample.nominal[b], factor = 1;
        for (const Modifier& m : sample.modifiers) {
          const std::string indexed = m.name + "[" + std::to_string(b) + "]";
          switch (m.type) {
            case ModifierType::histosys:
              sum += histo_shift(model.options().histosys, m.low[b], sample.nominal[b], m.high[b], value(m.name));
              break;
            case ModifierType::normsys:
              factor *= norm_factor(model.options().normsys, m.low[0], m.high[0], value(m.name));
              break;
            case ModifierType::lumi:
            case ModifierType::normfactor:
              factor *= value(m.name);
              break;
            default:
              factor *= value(indexed);
          }
        }
        rate += factor * sum;
      }
      rates.push_back(rate);
    }
  return rates;
}

}  // namespace

TEST_CASE("parameters stand in the order of their modifiers' types, with inits, bounds and constraints") {
  const auto model = compile(own_workspace("all_modifiers"));
  std::vector<std::string> names;
  for (const ModelParameter& p : model->parameters()) names.push_back(p.name);
  CHECK(names == std::vector<std::string>{"resolution", "scale", "lumi", "k_prompt", "mu", "theory", "fake_shape[0]", "fake_shape[1]",
                                          "fake_shape[2]", "fake_stat[0]", "fake_stat[1]", "fake_stat[2]", "mc_stat[0]", "mc_stat[1]", "mc_stat[2]"});
  const auto& p = model->parameters();
  CHECK(p[model->find("mu")].high == 8);
  CHECK(p[model->find("theory")].low == -5);
  CHECK(p[model->find("lumi")].width == 0.02);
  CHECK(p[model->find("fake_stat[0]")].auxiliary == Approx(36));
  CHECK(p[model->find("fake_stat[1]")].fixed);
  CHECK(p[model->find("fake_stat[1]")].auxiliary == 1);
  CHECK(p[model->find("mc_stat[1]")].width == Approx(0.9 / 11));
  CHECK(p[model->find("mc_stat[2]")].fixed);
  CHECK(p[model->find("mc_stat[2]")].width == 1);
  CHECK(model->poi() == model->find("mu"));
  CHECK(model->num_auxiliary() == 10);
  HistFactoryOptions fixed;
  fixed.measurement = "fixed_lumi";
  const auto other = compile(own_workspace("all_modifiers"), fixed);
  CHECK(other->parameters()[other->find("lumi")].fixed);
  CHECK(other->num_auxiliary() == 10);
}

TEST_CASE("a name that two samples meet first in another channel keeps its place") {
  // Parameters of one type stand where sorted channels, samples and modifiers first name them.
  json workspace = own_workspace("on_off");
  auto& samples = workspace["channels"][0]["samples"];
  samples[0]["modifiers"].push_back({{"name", "a_signal"}, {"type", "normsys"}, {"data", {{"lo", 0.9}, {"hi", 1.1}}}});
  samples[1]["modifiers"].push_back({{"name", "z_background"}, {"type", "normsys"}, {"data", {{"lo", 0.9}, {"hi", 1.1}}}});
  const auto model = compile(workspace);
  CHECK(model->find("z_background") < model->find("a_signal"));
}

TEST_CASE("rates agree with a plain evaluation of the workspace, for every interpolation code, inside and outside of +-1") {
  const json document = own_workspace("all_modifiers");
  const Workspace workspace = read_workspace(document);
  for (const NormsysCode norm : {NormsysCode::code1, NormsysCode::code4})
    for (const HistosysCode histo : {HistosysCode::code0, HistosysCode::code2, HistosysCode::code4p}) {
      HistFactoryOptions options;
      options.normsys = norm;
      options.histosys = histo;
      const HistFactory model(workspace, options);
      Likelihood likelihood(model);
      likelihood.set_data(model.observed());
      for (const double size : {0.0, 0.3, -0.7, 1.0, -1.0, 1.6, -2.3}) {
        std::vector<double> x = model.inits();
        for (std::size_t i = 0; i < x.size(); ++i)
          x[i] += model.parameters()[i].constraint == ConstraintKind::normal && model.parameters()[i].init == 0 ? size : 0.05 * size * (1 + 0.1 * i);
        likelihood.evaluate(x);
        const std::vector<double> plain = plain_rates(workspace, model, x);
        for (std::size_t b = 0; b < plain.size(); ++b) CHECK(likelihood.rates()[b] == Approx(plain[b]).epsilon(1e-12));
      }
    }
}

TEST_CASE("a parameter of interest of one bin is refused; a setting of nothing is noted") {
  json w = own_workspace("on_off");
  w["measurements"][0]["config"]["poi"] = "off[0]";
  CHECK_THROWS_WITH(HistFactory(read_workspace(w)), Catch::Matchers::Contains("'off[0]', which belongs to one bin"));
  w["measurements"][0]["config"]["poi"] = "off";
  CHECK_THROWS_AS(HistFactory(read_workspace(w)), UserError);
  w["measurements"][0]["config"] = json::parse(R"({"poi": "mu", "parameters": [{"name": "mew", "fixed": true}]})");
  const HistFactory model(read_workspace(w));
  REQUIRE(model.notes().size() == 1);
  CHECK_THAT(model.notes()[0], Catch::Matchers::Contains("'mew', which no modifier defines"));
}
