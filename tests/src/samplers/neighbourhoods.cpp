#include "src/samplers/nested/neighbourhoods.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "src/samplers/nested/slice_chain.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {
/// A half ring, thicker at one end.
bool sickle(std::span<const double> u) {
  const double x = u[0] - 0.5, y = u[1] - 0.3, r = std::hypot(x, y);
  return y > 0.0 && r > 0.3 && r < 0.34 + 0.1 * u[0];
}
std::vector<double> sample(std::size_t n, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::test, 0);
  std::vector<double> points, u(2);
  while (points.size() < 2 * n) {
    stream.fill_uniform(u);
    if (sickle(u)) points.insert(points.end(), u.begin(), u.end());
  }
  return points;
}
/// A thin half ring.
std::vector<double> arc(std::size_t n, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::test, 0);
  std::vector<double> points;
  for (std::size_t i = 0; i < n; ++i) {
    const double r = 0.3 + 0.01 * stream.uniform(), angle = 3.14159265358979 * stream.uniform();
    points.insert(points.end(), {0.5 + r * std::cos(angle), 0.3 + r * std::sin(angle)});
  }
  return points;
}
}  // namespace

TEST_CASE("the directions of a neighbourhood follow a bent contour") {
  const Neighbourhoods near(2, arc(200, 1), RandomStream(1, Purpose::test, 1));
  RandomStream stream(2, Purpose::test, 2);
  const std::vector<double> places = arc(300, 3);
  double along = 0.0, found = 0.0;
  for (std::size_t i = 0; i < places.size(); i += 2) {
    const std::span<const double> x(&places[i], 2);
    const Neighbourhoods::Cell cell = near.choose(x, stream);
    CHECK(near.contains(cell, x));
    std::vector<double> step(2);
    if (!near.direction(cell, x, stream, step)) continue;
    const double tangent = std::abs((x[0] - 0.5) * step[1] - (x[1] - 0.3) * step[0]), radial = std::abs((x[0] - 0.5) * step[0] + (x[1] - 0.3) * step[1]);
    found += 1.0;
    along += tangent > radial ? 1.0 : 0.0;
  }
  CHECK(found > 100.0);
  CHECK(along / found > 0.75);
}

TEST_CASE("slice moves keep points uniform within a bent contour") {
  const std::vector<double> live = sample(400, 1);
  const auto region = std::make_shared<const Region>(2, live, std::vector<bool>{});
  const auto near = std::make_shared<const Neighbourhoods>(2, live, RandomStream(1, Purpose::test, 1));
  constexpr std::size_t chains = 20000, bins = 20;
  const std::vector<double> starts = sample(chains, 2), fresh = sample(10 * chains, 3);
  std::vector<double> before(bins, 0.0), after(bins, 0.0);
  // By angle: where along the sickle a point lies.
  const auto bin = [&](const double* u) { return std::min(bins - 1, static_cast<std::size_t>(bins * std::atan2(u[1] - 0.3, u[0] - 0.5) / 3.14159265358979)); };
  for (std::size_t i = 0; i < fresh.size(); i += 2) before[bin(&fresh[i])] += 0.1;
  TaskId id = 0;
  std::vector<double> u(2);
  for (std::size_t c = 0; c < chains; ++c) {
    SliceChain chain(region, near, {&starts[2 * c], 2}, 0.0, 0, 5);
    while (chain.propose(RandomStream(4, Purpose::test, id), u)) chain.tell(id++, sickle(u) ? 1.0 : -1.0);
    ++after[bin(chain.u().data())];
  }
  double chi2 = 0.0;
  for (std::size_t b = 0; b < bins; ++b) chi2 += (after[b] - before[b]) * (after[b] - before[b]) / (1.1 * before[b]);
  CHECK(chi2 < 43.8);  // one in a thousand, 19 degrees of freedom
}
