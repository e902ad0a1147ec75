#include "src/statistics/patch.h"

#include "tests/support/catch.h"
#include "tests/support/workspaces.h"

using namespace umbra;
using Catch::Matchers::Contains;

TEST_CASE("the digest of a document is the one that Python's json and hashlib give") {
  const json document = json::parse(
      R"({"b": [1, 2.0, 1e-5, 0.0001, 1e16, 123456789012345.6, 1e15, -0.0, 0.1, 1e100, 5e-324], "a": {"ü": "é\n\"", "z": null, "t": true}})");
  CHECK(digest(document) == "3ae3faacee2fd0844da4c47e9a27119a64a4fca3a9e8e8dacb260dc7376b1068");
  CHECK(digest(own_workspace("on_off")) == "60949944cafa7a04e7fe08fbfa2af145b441c7aee48584466d9bd26158a50066");
}

TEST_CASE("a patch changes the workspace; one that does not apply is named") {
  const json workspace = own_workspace("on_off");
  const json patch =
      json::parse(R"([{"op": "replace", "path": "/channels/0/samples/0/data/0", "value": 12.5}, {"op": "remove", "path": "/channels/0/samples/1"}])");
  const json patched = apply_patch(workspace, patch);
  CHECK(patched["channels"][0]["samples"].size() == 1);
  CHECK(patched["channels"][0]["samples"][0]["data"][0] == 12.5);
  CHECK_THROWS_WITH(
      apply_patch(workspace, json::parse(R"([{"op": "test", "path": "/version", "value": "1.0.0"}, {"op": "remove", "path": "/channels/7"}])")),
      Contains("/1: 'remove' of /channels/7 does not apply"));
  CHECK_THROWS_WITH(apply_patch(workspace, json::parse(R"({"patches": []})")), Contains("list of operations"));
}

TEST_CASE("a patch set is opened by name, for the workspace that it was made for") {
  json workspace = own_workspace("on_off");
  json set = json::parse(R"({"version": "1.0.0", "metadata": {"labels": ["m1", "m2"], "description": "", "references": {}, "digests": {}},
    "patches": [{"metadata": {"name": "heavy", "values": [900, 250]}, "patch": [{"op": "replace", "path": "/channels/0/samples/0/data", "value": [1.0]}]}]})");
  set["metadata"]["digests"]["sha256"] = digest(workspace);
  REQUIRE(list_patches(set).size() == 1);
  CHECK(list_patches(set)[0].name == "heavy");
  CHECK(list_patches(set)[0].values == std::vector<double>{900, 250});
  CHECK(apply_patch(workspace, find_patch(set, "heavy", workspace))["channels"][0]["samples"][0]["data"][0] == 1.0);
  CHECK_THROWS_WITH(find_patch(set, "heavi", workspace), Contains("did you mean 'heavy'"));
  workspace["observations"][0]["data"][0] = 32.0;
  CHECK_THROWS_WITH(find_patch(set, "heavy", workspace), Contains("/metadata/digests/sha256"));
}
