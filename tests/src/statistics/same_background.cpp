#include "src/statistics/same_background.h"

#include "tests/support/catch.h"
#include "tests/support/workspaces.h"

using namespace umbra;

TEST_CASE("a patch of the signal keeps the background, one of the background or of a shared constraint does not") {
  const json base = own_workspace("all_modifiers");
  const auto difference = [&](const char* patch) {
    const Workspace plain = read_workspace(base), patched = read_workspace(apply_patch(base, json::parse(patch)));
    return background_difference(plain, HistFactory(plain), patched, HistFactory(patched));
  };
  CHECK(difference(R"([{"op": "replace", "path": "/channels/0/samples/0/data/1", "value": 17.0}])") == "");
  CHECK(
      difference(
          R"([{"op": "add", "path": "/channels/0/samples/0/modifiers/-", "value": {"name": "signal_only", "type": "normsys", "data": {"lo": 0.9, "hi": 1.1}}}])") ==
      "");
  CHECK(difference(R"([{"op": "replace", "path": "/channels/0/samples/2/data/0", "value": 17.0}])") ==
        "the background of channel 'signal_region' differs");
  CHECK(
      difference(
          R"([{"op": "add", "path": "/channels/0/samples/0/modifiers/-", "value": {"name": "mc_stat", "type": "staterror", "data": [0.1, 0.2, 0.3]}}])") ==
      "the constraint of 'mc_stat[0]' differs");
  CHECK(difference(R"([{"op": "remove", "path": "/channels/1"}])") == "the channels differ");
  CHECK(difference(R"([{"op": "replace", "path": "/observations/0/data/0", "value": 17.0}])") == "the observations differ");
}

TEST_CASE("a parameter that is fixed elsewhere is another background") {
  json base = own_workspace("on_off");
  base["channels"][0]["samples"][1]["modifiers"].push_back({{"name", "k"}, {"type", "normfactor"}, {"data", nullptr}});
  base["measurements"][0]["config"]["parameters"] = json::parse(R"([{"name": "k", "inits": [1.0], "fixed": true}])");
  json other = base;
  other["measurements"][0]["config"]["parameters"][0]["inits"][0] = 2.0;
  const Workspace a = read_workspace(base), b = read_workspace(other);
  CHECK(background_difference(a, HistFactory(a), b, HistFactory(b)) == "the value of 'k', which is fixed, differs");
  CHECK(background_difference(b, HistFactory(b), a, HistFactory(a)) == "the value of 'k', which is fixed, differs");
  CHECK(background_difference(a, HistFactory(a), a, HistFactory(a)) == "");
}
