#include "src/space/prior.h"

#include <boost/math/distributions/cauchy.hpp>
#include <boost/math/distributions/exponential.hpp>
#include <boost/math/distributions/lognormal.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <map>
#include <memory>

#include "tests/support/catch.h"
#include "tests/support/yaml.h"

using namespace umbra;
using umbra::test::yaml;

namespace {

// Every registered prior needs an example or two, and options that it must refuse.
const std::map<std::string, std::vector<std::string>> good = {
    {"flat", {"range: [-4, 10]", "range: [1e3, 1e9]"}},
    {"log", {"range: [1, 60]", "range: [1e-12, 1e12]"}},
    {"symmetric_log",
     {"range: [-4000, 4000], linear: 10", "range: [-5, 1e4], linear: 0.1", "range: [3, 50], linear: 1", "range: [-1, 2], linear: 10"}},
    {"normal", {"mean: 173, sigma: 0.8", "mean: 0, sigma: 1, range: [-1, 2]"}},
    {"truncated_normal", {"mean: 0, sigma: 1, range: [-1, 3]", "mean: 0, sigma: 1, range: [9, 12]", "mean: 5, sigma: 2, range: [-30, -20]"}},
    {"log_normal", {"median: 2, sigma: 0.5", "median: 2, sigma: 0.5, range: [1, 4]", "median: 1, sigma: 0.1, range: [3, 9]"}},
    {"cauchy", {"location: 1, scale: 2", "location: 1, scale: 2, range: [-10, 5]", "location: 0, scale: 1, range: [1e3, 1e5]"}},
    {"exponential", {"mean: 3", "mean: 3, range: [1, 10]", "mean: 1, range: [50, 60]"}},
    {"discrete", {"values: [3, 1, 2]", "values: [0, 10], weights: [1, 3]", "values: [7]"}},
};
const std::map<std::string, std::vector<std::string>> bad = {
    {"flat", {"", "range: [1]", "range: [2, 1]", "range: [1, 1]", "range: [a, b]", "rang: [0, 1]", "range: [0, inf]", "range: [-1.7e308, 1.7e308]"}},
    {"log", {"", "range: [0, 1]", "range: [-1, 1]", "range: [2, 1]"}},
    {"symmetric_log", {"range: [-1, 1]", "range: [-1, 1], linear: 0", "range: [-1, 1], linear: -2", "range: [-1, 1], linear: inf", "range: [-1e300, 1e300], linear: 1e-20"}},
    {"normal", {"mean: 1", "mean: 1, sigma: 0", "mean: 1, sigma: -1", "mean: x, sigma: 1", "mean: inf, sigma: 1", "mean: 1, sigma: inf", "mean: 0, sigma: 1e308"}},
    {"truncated_normal", {"mean: 0, sigma: 1", "mean: 0, sigma: 1, range: [1, -1]", "mean: 0, sigma: 1, range: [100, 101]"}},
    {"log_normal", {"median: -2, sigma: 0.5", "median: 2, sigma: 0", "median: 2, sigma: 1, range: [-2, -1]", "median: 2, sigma: 1000"}},
    {"cauchy", {"location: 1", "location: 1, scale: 0"}},
    {"exponential", {"", "mean: -3", "mean: 1, range: [-3, -2]"}},
    {"discrete", {"", "values: []", "values: [1, 1]", "values: [1, 2], weights: [1]", "values: [1, 2], weights: [1, 0]", "values: [1, inf]", "values: [1, 2], weights: [1e308, 1e308]"}},
};

Config config(const std::string& type, const std::string& options) { return yaml("{type: " + type + (options.empty() ? "" : ", " + options) + "}"); }

std::unique_ptr<Prior> make(const std::string& type, const std::string& options) {
  Faults faults;
  auto prior = PriorRegistry::instance().make(config(type, options), faults);
  INFO(type << " " << options << ": " << faults.report("job"));
  REQUIRE(faults.empty());
  REQUIRE(prior);
  return prior;
}

template <class F>
void for_each_good(F&& f) {
  for (const auto& [type, entry] : PriorRegistry::instance().entries()) {
    INFO("prior " << type << " has no example in this test: add one");
    REQUIRE(good.contains(type));
    REQUIRE(bad.contains(type));
    for (const std::string& options : good.at(type)) f(type, options, *make(type, options));
  }
}

constexpr double edge = 0.01;  // the integral leaves out the tails; their quantiles are compared below

}  // namespace

TEST_CASE("every prior: quantile and cdf are inverse, finite and monotone") {
  for_each_good([](const std::string& type, const std::string& options, const Prior& p) {
    INFO(type << " " << options);
    double before = -INFINITY;
    for (double u : {0.0, 1e-12, 1e-6, 0.01, 0.1, 0.25, 0.4999, 0.5, 0.62, 0.75, 0.9, 0.999, 1 - 1e-9, 1.0}) {
      const double x = p.quantile(u);
      INFO("u = " << u << ", x = " << x);
      CHECK(std::isfinite(x));
      CHECK(x >= before);
      CHECK(p.log_density(x) > -INFINITY);
      if (type == "discrete") CHECK(p.quantile(p.cdf(x)) == x);
      else CHECK(p.cdf(x) == Approx(u).margin(3e-10));
      before = x;
    }
    const double below = p.quantile(0) - 1e30, above = p.quantile(1) + 1e30;
    CHECK(p.cdf(below) >= 0);
    CHECK(p.cdf(above) <= 1);
    CHECK(p.quantile(p.cdf(below)) <= p.quantile(0.5));
    CHECK(p.quantile(p.cdf(above)) >= p.quantile(0.5));
    CHECK_FALSE(p.log_density(NAN) > -INFINITY);
  });
}

TEST_CASE("every prior: the density is the slope of the cdf, and its integral is 1") {
  for_each_good([](const std::string& type, const std::string& options, const Prior& p) {
    INFO(type << " " << options);
    if (type == "discrete") {
      double sum = 0, x = p.quantile(0);
      sum += std::exp(p.log_density(x));
      for (double u = 0; u <= 1; u += 1e-3)
        if (p.quantile(u) != x) sum += std::exp(p.log_density(x = p.quantile(u)));
      CHECK(sum == Approx(1).epsilon(1e-12));
      CHECK(p.log_density(x + 0.5) == -INFINITY);
      return;
    }
    // Simpson's rule in steps that follow the quantiles, so that every part is well resolved.
    const int n = 500;
    double integral = 0;
    for (int i = 0; i < n; ++i) {
      const double a = p.quantile(edge + (1 - 2 * edge) * i / n), b = p.quantile(edge + (1 - 2 * edge) * (i + 1) / n);
      const double mass = (std::exp(p.log_density(a)) + 4 * std::exp(p.log_density(0.5 * (a + b))) + std::exp(p.log_density(b))) * (b - a) / 6;
      CHECK(mass == Approx((1 - 2 * edge) / n).epsilon(1e-2));
      integral += mass;
    }
    CHECK(integral == Approx(1 - 2 * edge).epsilon(1e-5));
  });
}

TEST_CASE("every prior: wrong options are faults") {
  for_each_good([](const std::string&, const std::string&, const Prior&) {});
  for (const auto& [type, all] : bad)
    for (std::string options : all) {
      Faults faults;
      auto prior = PriorRegistry::instance().make(config(type, options), faults);
      INFO(type << " " << options);
      CHECK_FALSE(faults.empty());
      CHECK_FALSE(prior);
    }
  Faults faults;
  CHECK_FALSE(PriorRegistry::instance().make(yaml("{type: falt, range: [0, 1]}"), faults));
  CHECK(faults.all()[0].text.find("did you mean 'flat'?") != std::string::npos);
}

TEST_CASE("inverse distributions agree with Boost.Math") {
  const auto compare = [](const Prior& p, const auto& exact) {
    for (double u : {1e-12, 1e-5, 0.01, 0.2, 0.5, 0.7, 0.99, 0.9999999}) {
      INFO(u);
      CHECK(p.quantile(u) == Approx(static_cast<double>(quantile(exact, static_cast<long double>(u)))).epsilon(1e-11));
      const double x = p.quantile(u);
      CHECK(p.cdf(x) == Approx(static_cast<double>(cdf(exact, static_cast<long double>(x)))).epsilon(1e-11));
      CHECK(p.log_density(x) == Approx(static_cast<double>(std::log(pdf(exact, static_cast<long double>(x))))).epsilon(1e-11));
    }
  };
  compare(*make("normal", "mean: 173, sigma: 0.8"), boost::math::normal_distribution<long double>(173, 0.8L));
  compare(*make("log_normal", "median: 2, sigma: 0.5"), boost::math::lognormal_distribution<long double>(std::log(2.0L), 0.5L));
  compare(*make("cauchy", "location: 1, scale: 2"), boost::math::cauchy_distribution<long double>(1, 2));
  compare(*make("exponential", "mean: 4"), boost::math::exponential_distribution<long double>(0.25L));
}

TEST_CASE("truncation keeps its accuracy far out in either tail") {
  const boost::math::normal_distribution<long double> exact;
  const auto p = make("truncated_normal", "mean: 0, sigma: 1, range: [9, 12]");
  const auto q = make("truncated_normal", "mean: 0, sigma: 1, range: [-12, -9]");
  const long double at9 = cdf(exact, -9.0L), at12 = cdf(exact, -12.0L);
  for (double u : {0.001, 0.1, 0.5, 0.9, 0.999}) {
    const double x = static_cast<double>(-quantile(exact, at9 + u * (at12 - at9)));
    CHECK(p->quantile(u) == Approx(x).epsilon(1e-12));
    CHECK(q->quantile(1 - u) == Approx(-x).epsilon(1e-12));
  }
  const auto plain = make("truncated_normal", "mean: 1, sigma: 2, range: [0, 4]");
  const boost::math::normal_distribution<long double> shifted(1, 2);
  const long double low = cdf(shifted, 0.0L), high = cdf(shifted, 4.0L);
  for (double u : {0.0, 0.1, 0.5, 0.9, 1.0})
    CHECK(plain->quantile(u) == Approx(static_cast<double>(quantile(shifted, low + u * (high - low)))).margin(1e-12));
}

TEST_CASE("closed forms: flat, log and symmetric log") {
  CHECK(make("flat", "range: [-4, 10]")->quantile(0.25) == Approx(-0.5));
  CHECK(make("log", "range: [1, 100]")->quantile(0.5) == Approx(10));
  const auto s = make("symmetric_log", "range: [-1000, 1000], linear: 10");
  const double all = 2 * (1 + std::log(100));
  CHECK(s->quantile(0.5) == Approx(0).margin(1e-12));
  CHECK(s->cdf(10) == Approx(0.5 + 1 / all));
  CHECK(s->cdf(5) == Approx(0.5 + 0.5 / all));
  CHECK(s->cdf(-100) == Approx(0.5 - (1 + std::log(10)) / all));
}

TEST_CASE("discrete values come with their weights; a value between goes to the nearest") {
  const auto p = make("discrete", "values: [10, 0], weights: [3, 1]");
  CHECK(p->quantile(0.2499) == 0);
  CHECK(p->quantile(0.2501) == 10);
  CHECK(p->quantile(1) == 10);
  CHECK(p->log_density(10) == Approx(std::log(0.75)));
  CHECK(p->quantile(p->cdf(4)) == 0);
  CHECK(p->quantile(p->cdf(6)) == 10);
  CHECK(p->quantile(p->cdf(1e9)) == 10);
}
