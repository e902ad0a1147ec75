#include "src/statistics/regions.h"

#include <cmath>

#include "src/statistics/asymptotics.h"
#include "tests/support/catch.h"
#include "tests/support/workspaces.h"

using namespace umbra;
using Catch::Matchers::Contains;

TEST_CASE("a region is the on-off problem of its numbers") {
  HistFactoryToyModel regions(
      std::make_shared<const HistFactory>(make_regions({{.name = "on", .observed = 31, .background = 20, .uncertainty = 4, .signal = 10}})));
  HistFactoryToyModel written(compile(own_workspace("on_off")));
  Asymptotics a(regions), b(written);
  CHECK(a.test(1.5).cls == Approx(b.test(1.5).cls).epsilon(1e-8));
  CHECK(a.upper_limit().observed == Approx(b.upper_limit().observed).epsilon(1e-6));
  // Li and Ma (doi:10.1086/161295, eq. 17) with n_on = 31, n_off = 25, alpha = 20 / 25.
  const double on = 31, off = 25, alpha = 0.8;
  const double z2 = 2 * (on * std::log((1 + alpha) / alpha * on / (on + off)) + off * std::log((1 + alpha) * off / (on + off)));
  CHECK(b.discovery().q0 == Approx(z2).epsilon(1e-8));
}

TEST_CASE("regions combine, with normal constraints too; faults are named") {
  const std::vector<Region> two = {{"b", 3, 2.5, 0.5, 1.5, 0.2}, {"a", 7, 8, 1, 2, 0}};
  HistFactoryToyModel model(std::make_shared<const HistFactory>(make_regions(two, ConstraintChoice::normal)));
  CHECK(model.model().channels()[0].name == "a");
  CHECK(model.model().num_auxiliary() == 3);
  CHECK(Asymptotics(model).upper_limit().observed > 0);
  CHECK_THROWS_WITH(make_regions({{.name = "x", .observed = -1}}), Contains("region 'x': -1"));
  CHECK_THROWS_WITH(make_regions({{.name = "x"}, {.name = "x"}}), Contains("stands twice"));
}
