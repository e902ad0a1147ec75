#include "src/samplers/nested/region.h"

#include <cmath>
#include <numbers>

#include "tests/support/catch.h"

using namespace umbra;

namespace {
using Inside = bool (*)(std::span<const double>);

std::vector<double> sample(std::size_t dim, std::size_t n, Inside inside, std::uint64_t seed) {
  RandomStream stream(seed, Purpose::test, 0);
  std::vector<double> points, u(dim);
  while (points.size() < n * dim) {
    stream.fill_uniform(u);
    if (inside(u)) points.insert(points.end(), u.begin(), u.end());
  }
  return points;
}
double missed(const Region& region, const std::vector<double>& points) {
  double out = 0.0;
  for (std::size_t i = 0; i < points.size(); i += region.dim()) out += !region.contains({&points[i], region.dim()});
  return out / static_cast<double>(points.size() / region.dim());
}
bool ball(std::span<const double> u) {
  double r2 = 0.0;
  for (const double x : u) r2 += (x - 0.5) * (x - 0.5);
  return r2 < 0.2;
}
bool ring(std::span<const double> u) {
  const double r = std::hypot(u[0] - 0.5, u[1] - 0.5);
  return r > 0.36 && r < 0.42;
}
bool peaks(std::span<const double> u) { return std::cos(5 * std::numbers::pi * u[0]) * std::cos(5 * std::numbers::pi * u[1]) > 0.8; }
bool ends(std::span<const double> u) { return std::abs(u[0] - std::round(u[0])) < 0.1; }
}  // namespace

TEST_CASE("a region misses next to nothing of a contour that it has not seen, and is not much larger") {
  struct Row {
    Inside inside;
    std::size_t dim;
    double efficiency;
  };
  for (const Row row : {Row{ball, 5, 0.4}, Row{ring, 2, 0.15}, Row{peaks, 2, 0.25}}) {
    double miss = 0.0, inside = 0.0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const Region region(row.dim, sample(row.dim, 500, row.inside, seed), {});
      miss += missed(region, sample(row.dim, 2000, row.inside, 100 + seed)) / 5;
      RandomStream stream(seed, Purpose::test, 1);
      std::vector<double> u(row.dim);
      for (int i = 0; i < 400; ++i) {
        region.draw(stream, u);
        CHECK(region.contains(u));
        inside += row.inside(u) / 2000.0;
      }
    }
    INFO(row.dim << "-D, missed " << miss << ", efficiency " << inside);
    CHECK(miss < 0.003);
    CHECK(inside > row.efficiency);
  }
}

TEST_CASE("draws from overlapping ellipsoids are uniform") {
  const Region region(2, sample(2, 500, ring, 1), {});
  REQUIRE(region.num_ellipsoids() > 3);
  // By angle, among draws inside the ring: a chi-square of 12 sectors.
  RandomStream stream(5, Purpose::test, 2);
  std::vector<double> u(2), sectors(12, 0.0);
  double n = 0.0;
  while (n < 12000) {
    region.draw(stream, u);
    if (!ring(u)) continue;
    ++n;
    ++sectors[static_cast<std::size_t>(6.0 + 6.0 * std::atan2(u[1] - 0.5, u[0] - 0.5) / std::numbers::pi) % 12];
  }
  double chi2 = 0.0;
  for (const double s : sectors) chi2 += (s - 1000.0) * (s - 1000.0) / 1000.0;
  CHECK(chi2 < 31.3);  // one in a thousand, 11 degrees of freedom
}

TEST_CASE("a region counts modes, and joins them across a periodic end") {
  CHECK(Region(2, sample(2, 500, peaks, 3), {}).num_modes() > 10);
  CHECK(Region(2, sample(2, 500, ends, 3), {false, false}).num_modes() == 2);
  const Region joined(2, sample(2, 500, ends, 3), {true, false});
  CHECK(joined.num_modes() == 1);
  CHECK(missed(joined, sample(2, 1000, ends, 4)) < 0.005);
  CHECK_FALSE(joined.contains(std::vector<double>{0.5, 0.5}));
}

TEST_CASE("a chord lies in the cube and goes through its point") {
  const Region region(5, sample(5, 300, ball, 2), {});
  const std::vector<double> points = sample(5, 50, ball, 3);
  RandomStream stream(1, Purpose::test, 4);
  std::vector<double> u(5);
  for (std::size_t i = 0; i < points.size(); i += 5) {
    const Region::Chord chord = region.chord({&points[i], 5}, std::vector<double>{0.6, 0.0, 0.8, 0.0, 0.0}, stream);
    CHECK(chord.low <= 0.0);
    CHECK(chord.high >= 0.0);
    for (const double t : {chord.low, 0.3 * chord.low + 0.7 * chord.high, chord.high}) {
      region.at(chord, t, u);
      for (const double x : u) CHECK((x >= 0.0 && x <= 1.0));
    }
    region.at(chord, 0.5 * (chord.low + chord.high), u);
    CHECK(region.contains(u));
  }
}

TEST_CASE("too few points make no ellipsoid") {
  const Region region(3, sample(3, 5, ball, 1), {});
  CHECK(region.num_ellipsoids() == 0);
  CHECK(region.contains(std::vector<double>{0.01, 0.99, 0.5}));
  CHECK(region.log_volume() == 0.0);
}
