#include "src/statistics/workspace.h"
#include "tests/support/catch.h"
#include "tests/support/workspaces.h"

using namespace umbra;
using Catch::Matchers::Contains;

namespace {

json hs3_document() {
  return json::parse(R"({
    "metadata": {"hs3_version": "0.2"},
    "distributions": [
      {"name": "channel", "type": "histfactory_dist", "axes": [{"name": "x", "min": 0, "max": 2, "nbins": 2}], "samples": [
        {"name": "signal", "data": {"contents": [5.0, 9.0]}, "modifiers": [
          {"name": "SigXsecOverSM", "parameter": "mu", "type": "normfactor"},
          {"name": "Lumi", "parameter": "lumi", "type": "normfactor", "constraint_name": "lumiConstraint"}]},
        {"name": "background", "data": {"contents": [50.0, 40.0], "errors": [2.0, 3.0]}, "modifiers": [
          {"name": "mcstat", "type": "staterror", "constraint": "Gauss"},
          {"name": "jes", "parameter": "alpha_jes", "type": "histosys", "data": {"lo": {"contents": [47.0, 41.0]}, "hi": {"contents": [52.0, 38.0]}}},
          {"name": "xs", "parameter": "alpha_xs", "type": "normsys", "data": {"lo": 0.9, "hi": 1.15}}]},
        {"name": "fakes", "data": {"contents": [10.0, 20.0]}, "modifiers": [
          {"name": "fake", "type": "shapesys", "data": {"vals": [0.2, 0.25]}}]}]},
      {"name": "lumiConstraint", "type": "gaussian_dist", "x": "lumi", "mean": 1.0, "sigma": 0.02}],
    "data": [{"name": "observed", "type": "binned", "contents": [64.0, 71.0]}],
    "likelihoods": [{"name": "L", "distributions": ["channel"], "data": ["observed"]}],
    "domains": [{"name": "box", "type": "product_domain", "axes": [{"name": "mu", "min": 0, "max": 20}]}],
    "parameter_points": [{"name": "default", "parameters": [{"name": "mu", "value": 1.0}, {"name": "alpha_xs", "value": 0.0, "const": true}]}],
    "analyses": [{"name": "search", "likelihood": "L", "parameters_of_interest": ["mu"], "domains": ["box"]}]
  })");
}

json same_for_pyhf() {
  return json::parse(R"({
    "version": "1.0.0",
    "channels": [{"name": "channel", "samples": [
      {"name": "signal", "data": [5.0, 9.0], "modifiers": [{"name": "mu", "type": "normfactor", "data": null}, {"name": "lumi", "type": "lumi", "data": null}]},
      {"name": "background", "data": [50.0, 40.0], "modifiers": [
        {"name": "stat_channel", "type": "staterror", "data": [2.0, 3.0]},
        {"name": "alpha_jes", "type": "histosys", "data": {"lo_data": [47.0, 41.0], "hi_data": [52.0, 38.0]}},
        {"name": "alpha_xs", "type": "normsys", "data": {"lo": 0.9, "hi": 1.15}}]},
      {"name": "fakes", "data": [10.0, 20.0], "modifiers": [{"name": "fake", "type": "shapesys", "data": [2.0, 5.0]}]}]}],
    "observations": [{"name": "channel", "data": [64.0, 71.0]}],
    "measurements": [{"name": "search", "config": {"poi": "mu", "parameters": [
      {"name": "mu", "bounds": [[0, 20]]}, {"name": "alpha_xs", "fixed": true},
      {"name": "lumi", "auxdata": [1.0], "inits": [1.0], "sigmas": [0.02], "bounds": [[0, 10]]}]}}]
  })");
}

}  // namespace

TEST_CASE("an HS3 document and a pyhf workspace of the same content are the same model") {
  const auto a = compile(hs3_document()), b = compile(same_for_pyhf());
  REQUIRE(a->num_parameters() == b->num_parameters());
  for (std::size_t i = 0; i < a->num_parameters(); ++i) {
    const ModelParameter &p = a->parameters()[i], &q = b->parameters()[i];
    INFO(p.name);
    CHECK(p.name == q.name);
    CHECK(p.init == q.init);
    CHECK(p.low == q.low);
    CHECK(p.high == q.high);
    CHECK(p.fixed == q.fixed);
    CHECK(p.constraint == q.constraint);
    CHECK(p.width == Approx(q.width));
    CHECK(p.auxiliary == Approx(q.auxiliary));
  }
  CHECK(a->poi() == b->poi());
  HistFactoryToyModel x(a), y(b);
  std::vector<double> at = a->inits();
  for (std::size_t i = 0; i < at.size(); ++i) at[i] += 0.03 * static_cast<double>(i % 3);
  CHECK(x.nll(at) == Approx(y.nll(at)).epsilon(1e-12));
}

TEST_CASE("staterror is constrained by a Poisson term unless HS3 says otherwise") {
  json document = hs3_document();
  document["distributions"][0]["samples"][1]["modifiers"][0].erase("constraint");
  const auto model = compile(document);
  const ModelParameter& p = model->parameters()[model->find("stat_channel[0]")];
  CHECK(p.constraint == ConstraintKind::poisson);
  CHECK(p.width == Approx(625));
  CHECK(p.auxiliary == Approx(625));
}

TEST_CASE("faults of an HS3 document are told with their place") {
  json document = hs3_document();
  document["data"][0]["contents"] = {1.0};
  CHECK_THROWS_WITH(read_workspace(document), Contains("/data/0/contents: 1 numbers for 2 bins"));
  document = hs3_document();
  document["distributions"][0]["type"] = "gaussian_dist";
  CHECK_THROWS_WITH(read_workspace(document), Contains("/distributions/0/type"));
  document = hs3_document();
  document["likelihoods"][0]["data"] = {"missing"};
  CHECK_THROWS_WITH(read_workspace(document), Contains("/data: nothing here is called 'missing'"));
  document = hs3_document();
  document["distributions"][0]["samples"][1]["data"].erase("errors");
  CHECK_THROWS_WITH(read_workspace(document), Contains("no 'errors'"));
}

TEST_CASE("parameters of bins that HS3 names one by one have their own values, bounds and constness") {
  json document = hs3_document();
  json& samples = document["distributions"][0]["samples"];
  samples[1]["modifiers"][0]["parameters"] = json::array({"g0", "g1"});
  samples[2]["modifiers"][0]["parameters"] = json::array({"f0", "f1"});
  for (const char* axis : {R"({"name": "g1", "min": 0.5, "max": 1.5})", R"({"name": "f0", "min": 0.0, "max": 4.0})", R"({"name": "of another", "min": 0.0, "max": 4.0})"})
    document["domains"][0]["axes"].push_back(json::parse(axis));
  document["parameter_points"][0]["parameters"].push_back(json::parse(R"({"name": "g0", "value": 1.25, "const": true})"));
  const auto model = compile(document);
  const auto parameter = [&](const char* name) { return model->parameters().at(model->find(name)); };
  CHECK(model->num_parameters() == compile(hs3_document())->num_parameters());
  CHECK(parameter("stat_channel[0]").fixed);
  CHECK(parameter("stat_channel[0]").init == 1.25);
  CHECK(!parameter("stat_channel[1]").fixed);
  CHECK(parameter("stat_channel[1]").low == 0.5);
  CHECK(parameter("stat_channel[1]").high == 1.5);
  CHECK(parameter("fake[0]").high == 4.0);
  CHECK(parameter("fake[0]").low == 1e-10);  // a Poisson mean
  CHECK(parameter("fake[1]").high == 10);
  CHECK(model->notes().empty());

  // Samples of a channel with one list share, with two lists do not.
  json& own = samples[0]["modifiers"];
  samples[0]["data"]["errors"] = json::array({0.5, 0.5});
  own.push_back(json::parse(R"({"name": "mcstat", "type": "staterror", "constraint": "Gauss", "parameters": ["g0", "g1"]})"));
  CHECK(compile(document)->num_parameters() == model->num_parameters());
  own.back()["parameters"] = json::array({"h0", "h1"});
  CHECK(compile(document)->num_parameters() == model->num_parameters() + 2);
  own.back()["parameters"] = json::array({"g1", "h1"});
  CHECK_THROWS_WITH(read_workspace(document), Contains("the parameter 'g1' stands in another place too"));
  own.back()["parameters"] = json::array({"g1"});
  CHECK_THROWS_WITH(read_workspace(document), Contains("/parameters: 1 parameters for 2 bins"));
}

TEST_CASE("an HS3 analysis begins at the parameter point that it names") {
  json document = hs3_document();
  json& points = document["parameter_points"];
  points.insert(points.begin(), json::parse(R"({"name": "snapshot", "parameters": [{"name": "mu", "value": 5.0, "const": true}]})"));
  document["analyses"][0]["init"] = "default";
  const auto model = compile(document);
  CHECK(model->parameters()[model->poi()].init == 1.0);
  CHECK(!model->parameters()[model->poi()].fixed);
  document["analyses"][0]["init"] = "snapshot";
  CHECK(compile(document)->parameters()[model->poi()].init == 5.0);
  document["analyses"][0].erase("init");
  points[1]["name"] = "default_values";
  CHECK(compile(document)->parameters()[model->poi()].init == 1.0);
  document["analyses"][0]["init"] = "nowhere";
  CHECK_THROWS_WITH(read_workspace(document), Contains("nothing here is called 'nowhere'"));
}

TEST_CASE("two HS3 samples of one name are refused") {
  json document = hs3_document();
  document["distributions"][0]["samples"][1]["name"] = "signal";
  CHECK_THROWS_WITH(read_workspace(document), Contains("two samples are called 'signal'"));
}
