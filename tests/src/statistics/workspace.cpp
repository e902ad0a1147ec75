#include "src/statistics/workspace.h"

#include <functional>

#include "tests/support/catch.h"
#include "tests/support/workspaces.h"

using namespace umbra;
using Catch::Matchers::Contains;

TEST_CASE("channels and samples are sorted by name") {
  const Workspace w = read_workspace(own_workspace("all_modifiers"));
  REQUIRE(w.channels.size() == 3);
  CHECK(w.channels[0].name == "control_region");
  CHECK(w.channels[2].samples[0].name == "fakes");
  CHECK(w.observations.at("signal_region") == std::vector<double>{38, 31, 9});
  CHECK(w.measurements[1].parameters[0].fixed == true);
}

TEST_CASE("every fault of a workspace is told with its JSON path") {
  struct Fault {
    std::function<void(json&)> make;
    std::string message;
  };
  const std::vector<Fault> faults = {
      {[](json& w) { w.erase("channels"); }, "/: the key 'channels' is missing"},
      {[](json& w) { w["channel"] = json::array(); }, "/: unknown key 'channel', did you mean 'channels'"},
      {[](json& w) { w["measurements"][0]["config"]["parameters"][1]["bound"] = json::array(); },
       "/measurements/0/config/parameters/1: unknown key 'bound', did you mean 'bounds'"},
      {[](json& w) { w["channels"][0]["samples"][0]["modifiers"][0].erase("data"); }, "/channels/0/samples/0/modifiers/0: the key 'data' is missing"},
      {[](json& w) { w["version"] = "2.0.0"; }, "/version: version '2.0.0'"},
      {[](json& w) { w["channels"] = 3; }, "/channels: found number"},
      {[](json& w) {
         w["channels"][0]["samples"][1]["data"] = {1.0, "x", 2.0};
       },
       "/channels/0/samples/1/data/1: found string"},
      {[](json& w) {
         w["channels"][0]["samples"][1]["data"] = {1.0, 2.0};
       },
       "numbers for"},
      {[](json& w) {
         w["channels"][0]["samples"][2]["data"] = {1.0, 2.0, 3.0, 4.0};
       },
       "/channels/0/samples/2/modifiers/2/data: 3 numbers for 4 bins"},
      {[](json& w) { w["channels"][0]["samples"][0]["modifiers"][0]["type"] = "normfactors"; },
       "/channels/0/samples/0/modifiers/0/type: unknown modifier type 'normfactors', did you mean 'normfactor'"},
      {[](json& w) { w["channels"][0]["samples"][0]["modifiers"][2]["data"].erase("hi_data"); },
       "/channels/0/samples/0/modifiers/2/data: the key 'hi_data' is missing"},
      {[](json& w) { w["channels"][0]["samples"][0]["modifiers"][3]["data"]["lo"] = -0.5; }, "must be positive"},
      {[](json& w) { w["channels"][0]["samples"][1]["modifiers"][1]["data"][0] = -2.0; },
       "/channels/0/samples/1/modifiers/1/data/0: the uncertainty -2 is negative"},
      {[](json& w) { w["channels"][1]["name"] = "signal_region"; }, "/channels: two channels are called 'signal_region'"},
      {[](json& w) { w["channels"][0]["samples"][0]["modifiers"].push_back(w["channels"][0]["samples"][0]["modifiers"][0]); }, "stands twice"},
      {[](json& w) {
         w["observations"][0]["data"] = {38.0, 31.0};
       },
       "/observations/0/data: 2 numbers for 3 bins"},
      {[](json& w) { w["observations"][0]["data"][1] = -1.0; }, "/observations/0/data/1: -1 observed events"},
      {[](json& w) { w["measurements"] = json::array(); }, "/measurements: no measurement"},
      {[](json& w) { w["measurements"][0]["config"].erase("poi"); }, "/measurements/0/config: the key 'poi' is missing"},
      {[](json& w) { w["measurements"][0]["config"]["poi"] = "muu"; }, "'muu', which no modifier defines, did you mean 'mu'"},
      {[](json& w) { w["measurements"][0]["config"]["parameters"][0].erase("sigmas"); }, "no auxdata and sigmas"},
      {[](json& w) {
         w["measurements"][0]["config"]["parameters"][1]["bounds"][0] = {3.0, 2.0};
       },
       "/measurements/0/config/parameters/1/bounds/0: bounds must be"},
      {[](json& w) {
         w["measurements"][0]["config"]["parameters"][1]["bounds"][0] = {2.0, 3.0};
       },
       "the initial value 1 is outside of [2, 3]"},
      {[](json& w) { w["channels"][0]["samples"][2]["modifiers"][1]["name"] = "theory"; }, "the name 'theory' is used by two kinds of modifiers"},
  };
  for (const Fault& fault : faults) {
    json workspace = own_workspace("all_modifiers");
    fault.make(workspace);
    CHECK_THROWS_WITH(HistFactory(read_workspace(workspace)), Contains(fault.message));
  }
}

TEST_CASE("a missing observation is a fault only where the data are needed") {
  json workspace = own_workspace("on_off");
  workspace["observations"] = json::array();
  const auto model = compile(workspace);
  CHECK_THROWS_WITH(HistFactoryToyModel(model), Contains("/observations: channel 'on' has no observation"));
  HistFactoryToyOptions blind;
  blind.data = DataChoice::asimov;
  CHECK(HistFactoryToyModel(model, blind).observed()[0] == Approx(20));
}
