// What examples/ and docs/ show of simulators works as it stands.
#include <cmath>
#include <sstream>

#include "jobs/working_directory.h"
#include "src/space/parameter_space.h"
#include "tests/jobs/simulators/watch.h"

using namespace umbra;
using namespace umbra::test;

namespace {

const std::string examples = UMBRA_SOURCE_DIR "/examples";

Config example(const std::string& name) {
  std::ifstream in(examples + "/" + name);
  std::ostringstream text;
  text << in.rdbuf();
  return yaml(text.str());
}

std::unique_ptr<Evaluator> make_from(const Config& config, const std::vector<std::string>& parameters) {
  Faults faults;
  auto model = ModelRegistry::instance().make(config, faults, ModelContext{parameters});
  INFO(faults.report("job"));
  REQUIRE(faults.empty());
  return model;
}

struct AtExamples {
  AtExamples() { working_directory().job = examples; }
  ~AtExamples() { working_directory() = {}; }
};

}  // namespace

TEST_CASE("the chain of examples/external_slha.yaml gives the embedded pMSSM's numbers") {
  AtExamples here;
  Faults faults;
  const ParameterSpace space = ParameterSpace::read(Presets::get("pmssm19", {}, faults), faults);
  REQUIRE(faults.empty());
  const auto chain = make_from(*example("external_slha.yaml").find("model"), space.names());
  const auto embedded = make_from(yaml("{type: pmssm}"), space.names());
  const auto column = [](const Evaluator& model, const std::string& name) {
    for (std::size_t i = 0; i < model.columns().size(); ++i)
      if (model.columns()[i].name == name) return i;
    throw std::out_of_range(name);
  };
  int good = 0, bad = 0, relic = 0;
  RandomStream random(5, Purpose::test, 0);
  for (int i = 0; i < 25; ++i) {
    std::vector<double> u(space.dim()), theta(space.size());
    random.fill_uniform(u);
    space.to_physical(u, theta);
    const Answered a = ask(*chain, theta), b = ask(*embedded, theta);
    INFO(a.message);
    CHECK((a.status == Status::unphysical) == (b.status == Status::unphysical));
    if (b.status != Status::ok) {
      ++bad;
      continue;
    }
    ++good;
    for (const char* name : {"m_h", "m_chipm1", "N_11"}) CHECK(a.row[column(*chain, name)] == Approx(b.row[column(*embedded, name)]).epsilon(1e-7).margin(1e-9));
    CHECK(std::abs(a.row[column(*chain, "m_chi01")]) == Approx(b.row[column(*embedded, "m_chi01")]).epsilon(1e-7));
    if (a.status == Status::ok) ++relic;
    else CHECK(a.status == Status::skipped);
  }
  CHECK(good >= 5);
  CHECK(bad >= 3);
  CHECK(relic >= 1);
}

TEST_CASE("every mass and mixing that umbra-spectrum writes is the embedded pMSSM's") {
  AtExamples here;
  Faults faults;
  const ParameterSpace space = ParameterSpace::read(Presets::get("pmssm19", {}, faults), faults);
  const auto embedded = make_from(yaml("{type: pmssm}"), space.names());
  const std::pair<const char*, const char*> entries[] = {
      {"m_h", "MASS 25"}, {"m_H", "MASS 35"}, {"m_A", "MASS 36"}, {"m_Hpm", "MASS 37"}, {"m_chi01", "MASS 1000022"}, {"m_chi02", "MASS 1000023"}, {"m_chi03", "MASS 1000025"},
      {"m_chi04", "MASS 1000035"}, {"m_chipm1", "MASS 1000024"}, {"m_chipm2", "MASS 1000037"}, {"m_gluino", "MASS 1000021"}, {"m_stop1", "MASS 1000006"}, {"m_stop2", "MASS 2000006"},
      {"m_sbottom1", "MASS 1000005"}, {"m_sbottom2", "MASS 2000005"}, {"m_stau1", "MASS 1000015"}, {"m_stau2", "MASS 2000015"}, {"m_selectronL", "MASS 1000011"},
      {"m_selectronR", "MASS 2000011"}, {"m_sneutrinoE", "MASS 1000012"}, {"m_sneutrinoTau", "MASS 1000016"}, {"m_supL", "MASS 1000002"}, {"m_supR", "MASS 2000002"},
      {"m_sdownL", "MASS 1000001"}, {"m_sdownR", "MASS 2000001"}, {"alpha_h", "ALPHA"}, {"N_11", "NMIX 1 1"}, {"N_12", "NMIX 1 2"}, {"N_13", "NMIX 1 3"}, {"N_14", "NMIX 1 4"},
      {"U_11", "UMIX 1 1"}, {"U_12", "UMIX 1 2"}, {"V_11", "VMIX 1 1"}, {"V_12", "VMIX 1 2"}, {"cos_theta_stop", "STOPMIX 1 1"}, {"cos_theta_sbottom", "SBOTMIX 1 1"},
      {"cos_theta_stau", "STAUMIX 1 1"}, {"delta_a_mu", "UMBRA 1"}, {"BR_B_Xs_gamma", "UMBRA 2"}, {"delta_rho", "UMBRA 3"}, {"delta_ew", "UMBRA 4"}, {"sigma_SI", "UMBRA 5"}, {"validity", "UMBRA 6"}};
  Config step = example("external_slha.yaml").find("model")->find("steps")->elements()[0], outputs;
  for (const auto& [name, entry] : entries) outputs.set(name, yaml(std::string("{slha: ") + entry + ", file: out.slha}"));
  step.set("outputs", outputs);
  Config external = yaml("{type: external}");
  external.set("steps", Config::list({step}));
  const auto spectrum = make_from(external, space.names());
  RandomStream random(6, Purpose::test, 0);
  int good = 0;
  for (int i = 0; i < 15; ++i) {
    std::vector<double> u(space.dim()), theta(space.size());
    random.fill_uniform(u);
    space.to_physical(u, theta);
    const Answered a = ask(*spectrum, theta), b = ask(*embedded, theta);
    CHECK(name(a.status) == name(b.status));
    if (a.status != Status::ok) continue;
    ++good;
    for (std::size_t k = 0; k < std::size(entries); ++k) {
      INFO(entries[k].first);
      std::size_t c = 0;
      while (embedded->columns()[c].name != entries[k].first) ++c;
      const bool neutralino = std::string(entries[k].first).starts_with("m_chi0");
      CHECK((neutralino ? std::abs(a.row[k]) : a.row[k]) == Approx(b.row[c]).epsilon(1e-7).margin(1e-60));
    }
  }
  CHECK(good >= 4);
}

TEST_CASE("the Python likelihood of the examples answers") {
  AtExamples here;
  const auto model = make_from(*example("python_likelihood.yaml").find("model"), {"x", "y"});
  CHECK(model->columns()[1].unit == "GeV");
  const Answered a = ask(*model, {0.6, 0.8});
  CHECK(a.status == Status::ok);
  CHECK(a.row[0] == Approx(-50));
  CHECK(a.row[1] == Approx(1));
  CHECK(ask(*model, {4, 4}).status == Status::unphysical);
}

TEST_CASE("the libraries of the examples, in C and in Fortran, answer alike") {
  Folder folder;
  for (const auto& [compiler, source] : {std::pair("cc", "library_model.c"), std::pair("gfortran", "library_model.f90")}) {
    const std::string library = folder.path + "/" + compiler + ".so";
    const std::string compile = std::string("cd ") + folder.path + " && command -v " + compiler + " >/dev/null && " + compiler + " -shared -fPIC -I " UMBRA_SOURCE_DIR "/jobs/simulators -o " +
                                library + " " + examples + "/" + source + " -lm";
    if (std::system(compile.c_str()) != 0) {
      WARN("skipped: " << compiler << " cannot compile " << source);
      continue;
    }
    for (const std::string isolation : {"process", "none"}) {
      auto model = make_model("{type: library, file: " + library + ", isolation: " + isolation + ", parameters: [x, y], columns: [log_L, radius]}", {"y", "z", "x"});
      const Answered a = ask(*model, {0.8, 7, 0.6});
      CHECK(a.status == Status::ok);
      CHECK(a.row[0] == Approx(-50));
      CHECK(a.row[1] == Approx(1));
      const Answered b = ask(*model, {4, 7, 4});
      CHECK(b.status == Status::unphysical);
      CHECK(b.message.find("outside the potential") == 0);
    }
  }
}
