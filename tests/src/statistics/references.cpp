// Values of published and small workspaces, where the reference files are.

#include <cmath>

#include "src/statistics/asymptotics.h"
#include "src/statistics/histfactory_family.h"
#include "tests/support/catch.h"
#include "tests/support/toys.h"
#include "tests/support/workspaces.h"

using namespace umbra;

namespace {

void check_values(const HistFactory& model, const json& names, const json& fixed, const json& bounds, const json& reference, const json& rates) {
  REQUIRE(model.num_parameters() == names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ModelParameter& p = model.parameters()[i];
    CHECK(p.name == names[i].get<std::string>());
    CHECK(p.fixed == fixed[i].get<bool>());
    CHECK(p.init == reference["init"][i].get<double>());
    if (!bounds.is_null()) CHECK(((p.low == bounds[i][0].get<double>()) && (p.high == bounds[i][1].get<double>())));
  }
  Likelihood likelihood(model);
  likelihood.set_data(model.observed());
  CHECK(2 * likelihood.evaluate(model.inits()) == Approx(reference["twice_nll_init"].get<double>()).epsilon(1e-9));
  CHECK(2 * likelihood.evaluate(reference["shifted"].get<std::vector<double>>()) ==
        Approx(reference["twice_nll_shifted"].get<double>()).epsilon(1e-9));
  for (std::size_t b = 0; b < model.num_bins(); ++b) CHECK(likelihood.rates()[b] == Approx(rates[b].get<double>()).epsilon(1e-9));
}

void check_fit(HistFactoryToyModel& model, PoiRange range, double twice_nll) {
  model.set_data(model.observed());
  FitResult r;
  model.fit(range, r);
  CHECK(r.status == FitStatus::converged);
  CHECK(2 * r.value < twice_nll + 1e-8);
}

void check_bands(const Bands& bands, const json& reference) {
  for (std::size_t i = 0; i < 5; ++i) CHECK(bands[i] == Approx(reference[i].get<double>()).epsilon(1e-4));
}

}  // namespace

TEST_CASE("small workspaces reproduce likelihoods, fits, asymptotic p-values and limits") {
  if (!have_references()) return;
  const json all = load_json(reference_directory() / "reference.json")["small"];
  for (const auto& [name, reference] : all.items()) {
    INFO(name);
    const auto compiled = compile(load_json(reference_directory() / (name + ".json")));
    check_values(*compiled, reference["parameters"], reference["fixed"], reference["bounds"], reference, reference["expected_main_shifted"]);
    const std::vector<double> data = compiled->observed();
    for (std::size_t i = 0; i < compiled->num_auxiliary(); ++i)
      CHECK(data[compiled->num_bins() + i] == Approx(reference["auxdata"][i].get<double>()).epsilon(1e-14));
    HistFactoryToyModel model(compiled);
    check_fit(model, model.poi_range(), reference["free_fit"]["twice_nll"]);
    check_fit(model, {1, 1}, reference["fixed_fit_mu1"]["twice_nll"]);
    check_fit(model, {0, 0}, reference["fixed_fit_mu0"]["twice_nll"]);
    Asymptotics asymptotics(model);
    const AsymptoticTest test = asymptotics.test(1);
    const json& limits = reference["asymptotic_qtilde_mu1"];
    CHECK(test.cls == Approx(limits["CLs"].get<double>()).epsilon(1e-4));
    CHECK(test.clsb == Approx(limits["CLsb"].get<double>()).epsilon(1e-4));
    CHECK(test.clb == Approx(limits["CLb"].get<double>()).epsilon(1e-4));
    check_bands(test.expected, limits["expected_CLs"]);
    const AsymptoticDiscovery discovery = asymptotics.discovery();
    CHECK(discovery.p0 == Approx(reference["asymptotic_q0"]["p0"].get<double>()).epsilon(1e-4));
    check_bands(discovery.expected, reference["asymptotic_q0"]["expected_p0"]);
    const AsymptoticLimit limit = asymptotics.upper_limit();
    CHECK(limit.observed == Approx(reference["asymptotic_upper_limit_95"]["observed"].get<double>()).epsilon(1e-4));
    check_bands(limit.expected, reference["asymptotic_upper_limit_95"]["expected"]);
  }
}

TEST_CASE("published searches reproduce likelihoods, fits and CLs") {
  if (!have_references()) return;
  const json all = load_json(reference_directory() / "reference.json")["published"];
  struct Search {
    const char *model, *values, *cls;
  };
  for (const Search& search :
       {Search{"sbottom_A_1300_205_60", "sbottom_A_1300_205_60", "A_1300_205_60"}, Search{"sbottom_A_1400_950_60", "", "A_1400_950_60"},
        Search{"sbottom_B_1400_550_60", "sbottom_B_1400_550_60", "B_1400_550_60"}, Search{"C1N2_Wh_hbb_900_250", "1Lbb_C1N2_Wh_hbb_900_250", ""}}) {
    INFO(search.model);
    const auto compiled = compile(published_workspace(search.model));
    HistFactoryToyModel model(compiled);
    if (*search.values) {
      const json& reference = all[search.values];
      check_values(*compiled, reference["goldens"]["par_names"], reference["goldens"]["fixed"], nullptr, reference["goldens"],
                   reference["goldens"]["expected_shifted"]);
      CHECK(compiled->observed() == reference["goldens"]["data"].get<std::vector<double>>());
      check_fit(model, model.poi_range(), reference["hypotest"]["fit"]["twice_nll_free"]);
      check_fit(model, {1, 1}, reference["hypotest"]["fit"]["twice_nll_fixed"]);
    }
    Asymptotics asymptotics(model);
    const AsymptoticTest test = asymptotics.test(1);
    const json& published = *search.cls ? all["asymptotic_CLs_mu1_qtilde"][search.cls] : all["1Lbb_900_250_published"];
    CHECK(test.cls == Approx(published[*search.cls ? "CLs" : "CLs_obs"].get<double>()).epsilon(1e-4));
    check_bands(test.expected, published[*search.cls ? "expected" : "CLs_exp"]);
    if (!*search.cls)
      CHECK(asymptotics.upper_limit().observed == Approx(published["upper_limit_obs(scan linspace(0,5,41))"].get<double>()).epsilon(2e-3));
  }
}

TEST_CASE("the p-value of a discovery has its auxiliary data fluctuated: held fixed they would give five times as much") {
  if (!have_references()) return;
  const json reference = load_json(reference_directory() / "reference.json")["published"]["aux_randomisation"];
  json w = own_workspace("on_off");
  auto& samples = w["channels"][0]["samples"];
  samples[1]["data"] = {50.0};
  samples[1]["modifiers"] = {{{"name", "shape"}, {"type", "histosys"}, {"data", {{"hi_data", {60.0}}, {"lo_data", {40.0}}}}}};
  w["observations"][0]["data"] = {75.0};
  HistFactoryToyModel model(compile(w));
  const auto q0 = statistic("q0");
  const ToyRow observed = observed_row(model, *q0, 0.0);
  CHECK(observed.statistic == Approx(reference["q0_obs"].get<double>()).epsilon(1e-4));
  const std::vector<double> null = conditional_parameters(model, 0.0);
  CHECK(null[0] == Approx(reference["theta_hathat"][0].get<double>()).epsilon(1e-4));
  const int toys = 20000;
  ToyCounts fluctuated, held;
  Profile profile(model);
  std::vector<double> data;
  for (int toy = 0; toy < toys; ++toy) {
    model.generate(null, {1, 0, static_cast<std::uint64_t>(toy)}, data);
    profile.set_data(data, null);
    fluctuated.add(q0->value(profile, 0.0), observed.statistic, q0->extreme());
    data[1] = model.observed()[1];
    profile.set_data(data, null);
    held.add(q0->value(profile, 0.0), observed.statistic, q0->extreme());
  }
  const auto check = [&](const ToyCounts& ours, const json& theirs) {
    const double p = theirs["p0"], n = theirs["n"];
    CHECK(std::abs(p_value(ours).value - p) < 4 * std::sqrt(p * (1 - p) * (1 / n + 1.0 / toys)));
  };
  check(fluctuated, reference["aux_randomised"]);
  check(held, reference["aux_fixed"]);
  CHECK(p_value(held).value > 3 * p_value(fluctuated).value);
}

TEST_CASE("signals of a published patch set that carry a staterror change constraints that they share, and are told apart") {
  if (!have_references()) return;
  HistFactoryFamily builder;
  for (const char* name : {"C1N2_Wh_hbb_1000_0", "C1N2_Wh_hbb_900_250"}) builder.add(read_workspace(published_workspace(name)), name);
  const ToyFamily family = builder.family();
  CHECK(family[1].background == 1);
  CHECK(family[1].difference.rfind("the constraint of 'staterror_", 0) == 0);
}
