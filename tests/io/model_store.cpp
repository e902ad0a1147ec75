// Learned models on disk: back as they were, whatever the committee and however many points it took; what is altered is refused in words.

#include "io/model_store.h"

#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>

#include "io/file.h"
#include "src/base/error.h"
#include "src/base/random.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace umbra;

namespace {

using Json = nlohmann::ordered_json;

Config committee_of(const std::string& type) {
  Config c = Config::map({{"type", Config(type), {}}});
  if (type == "mixed") c.set("members", Config::list({committee_of("gaussian_process"), committee_of("networks")}));
  if (type == "networks" || type == "dropout") {
    c.set("least_steps", 20);
    c.set("epochs", 1);
  }
  return c;
}

/// Nothing where this build cannot train it.
std::optional<LearnedModel> trained(const std::string& type) {
  ModelCard card;
  card.name = "test";
  card.target = "x > 0";
  card.parameters = Config::list({Config::map({{"name", Config("x"), {}}, {"range", Config::list({-1, 1}), {}}}), Config::map({{"name", Config("y"), {}}, {"range", Config::list({0.0, 1}), {}}})});
  card.committee = committee_of(type);
  card.low = {-1, 0};
  card.high = {1, 1};
  card.evaluations = 1000000;  // of which most had no value
  const auto committee = make_committee(card);
  if (!committee->lacks().empty()) return {};
  std::vector<float> x(2 * 100), y;
  RandomStream stream(1, Purpose::test, 0);
  for (float& v : x) v = static_cast<float>(stream.uniform());
  for (std::size_t i = 0; i < 100; ++i) y.push_back(x[2 * i] > 0.5f ? 1.0f : 0.0f);
  VotersList voters;
  for (std::size_t part = 0; part < committee->parts(); ++part) voters.push_back(committee->fit({2, x, y}, part, 1));
  return LearnedModel(std::move(card), std::move(voters));
}

}  // namespace

TEST_CASE("a model of each committee comes back from disk, also after more evaluations than the committee takes points") {
  const TemporaryDirectory directory;
  for (const std::string& type : CommitteeRegistry::instance().names()) {
    INFO(type);
    auto model = trained(type);
    if (!model) continue;
    save_model(directory.path(), *model);
    LearnedModel loaded = load_model(directory.path());
    const std::vector<double> x = {-0.7, 0.2, 0.01, 0.5, 0.9, 0.1};
    const auto before = model->predict(x), after = loaded.predict(x);
    for (std::size_t i = 0; i < 3; ++i) CHECK(before[i].vote == after[i].vote);
  }
}

TEST_CASE("a card whose entries are of another kind is altered, and said to be") {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/model.json";
  save_model(directory.path(), trained("networks").value());
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::vector<std::pair<const char*, Json>> changes = {{"version", "1"}, {"version", nullptr}, {"format", 3}, {"checksum", "abc"}, {"checksum", nullptr}, {"checksum", 1}, {"name", 3}, {"name", "other"}};
  for (const auto& [key, value] : changes) {
    Json j = Json::parse(text);
    j[key] = value;
    INFO(key << ": " << value.dump());
    replace_file(file, j.dump(1));
    CHECK_THROWS_WITH(load_model(directory.path()), Catch::Contains("altered") && Catch::Contains("train it again"));
  }
  replace_file(file, text);
  CHECK_NOTHROW(load_model(directory.path()));
}
