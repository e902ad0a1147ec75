#include "src/statistics/likelihood.h"

#include <cmath>

#include "src/statistics/poisson_term.h"
#include "tests/support/catch.h"
#include "tests/support/workspaces.h"

using namespace umbra;

namespace {

/// Gradient against differences of the value, Hessian against differences of the gradient (four points: errors of fourth order).
void check_derivatives(Likelihood& f, const std::vector<double>& x, double h, double tolerance) {
  const std::size_t n = x.size();
  f.evaluate(x);
  const std::vector<double> gradient(f.gradient().begin(), f.gradient().end());
  std::vector<std::vector<double>> hessian(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> unit(n, 0.0);
    unit[i] = 1;
    f.hessian_times(unit, hessian[i]);
  }
  for (std::size_t i = 0; i < n; ++i) {
    double slope = 0;
    std::vector<double> row(n, 0.0);
    for (const auto& [shift, weight] : {std::pair{1, 8.0}, {-1, -8.0}, {2, -1.0}, {-2, 1.0}}) {
      std::vector<double> y = x;
      y[i] += shift * h;
      slope += weight * f.evaluate(y) / (12 * h);
      for (std::size_t j = 0; j < n; ++j) row[j] += weight * f.gradient()[j] / (12 * h);
    }
    INFO("parameter " << i);
    CHECK(std::abs(gradient[i] - slope) < tolerance * (1 + std::abs(slope)));
    for (std::size_t j = 0; j < n; ++j) {
      CHECK(std::abs(hessian[i][j] - row[j]) < tolerance * (1 + std::abs(row[j])));
      CHECK(std::abs(hessian[i][j] - hessian[j][i]) < 1e-10 * (1 + std::abs(hessian[i][j])));
    }
  }
}

std::vector<double> somewhere(const HistFactory& model, double size) {
  std::vector<double> x = model.inits();
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] += size * std::sin(1.0 + 3.0 * static_cast<double>(i)) * (model.parameters()[i].init == 0 ? 1.0 : 0.08);
  return x;
}

}  // namespace

TEST_CASE("gradient and Hessian agree with finite differences for every modifier and code") {
  for (const NormsysCode norm : {NormsysCode::code1, NormsysCode::code4})
    for (const HistosysCode histo : {HistosysCode::code0, HistosysCode::code2, HistosysCode::code4p}) {
      HistFactoryOptions options;
      options.normsys = norm;
      options.histosys = histo;
      const auto model = compile(own_workspace("all_modifiers"), options);
      Likelihood f(*model);
      f.set_data(model->observed());
      check_derivatives(f, somewhere(*model, 0.6), 1e-4, 2e-7);
      check_derivatives(f, somewhere(*model, 2.9), 1e-4, 2e-7);
    }
}

TEST_CASE("derivatives are exact where factors are 0") {
  json workspace = own_workspace("on_off");
  workspace["channels"][0]["samples"][0]["modifiers"].push_back({{"name", "k"}, {"type", "normfactor"}, {"data", nullptr}});
  const auto model = compile(workspace);
  Likelihood f(*model);
  f.set_data(model->observed());
  std::vector<double> x = model->inits();
  x[model->find("mu")] = x[model->find("k")] = 0;
  check_derivatives(f, x, 1e-4, 1e-7);
}

TEST_CASE("-2 ln L has all its constants") {
  const auto model = compile(own_workspace("on_off"));
  Likelihood f(*model);
  f.set_data(model->observed());
  std::vector<double> x = model->inits();
  // Pois(31 | 30) Pois(25 | 25)
  const double expected = 30 - 31 * std::log(30.0) + std::lgamma(32.0) + 25 - 25 * std::log(25.0) + std::lgamma(26.0);
  CHECK(f.evaluate(x) == Approx(expected).epsilon(1e-14));
  CHECK(f.saturated() == Approx(31 - 31 * std::log(31.0) + std::lgamma(32.0) + 25 - 25 * std::log(25.0) + std::lgamma(26.0)).epsilon(1e-14));
}

TEST_CASE("a rate below its floor stays positive, smooth and flagged") {
  const auto model = compile(own_workspace("empty_bins"));
  Likelihood f(*model);
  f.set_data(model->observed());
  std::vector<double> x = model->inits();
  f.evaluate(x);
  CHECK_FALSE(f.at_floor());
  x[model->find("mu")] = 0;
  x[model->find("jes")] = -3;
  const double value = f.evaluate(x);
  CHECK(f.rates()[3] < 0);
  CHECK(f.at_floor());
  CHECK(std::isfinite(value));
  // Across the floor of a bin value and slope join.
  const std::size_t jes = model->find("jes");
  x[jes] = -0.5;
  double low = -3, high = 0;
  for (int i = 0; i < 60; ++i) {
    x[jes] = 0.5 * (low + high);
    f.evaluate(x);
    (f.at_floor() ? low : high) = x[jes];
  }
  x[jes] = high;
  const double above = f.evaluate(x), slope_above = f.gradient()[jes];
  x[jes] = low;
  CHECK(f.evaluate(x) == Approx(above).epsilon(1e-10));
  CHECK(f.gradient()[jes] == Approx(slope_above).epsilon(1e-6));
}

TEST_CASE("the preconditioner solves its own matrix, in the space of bins and of parameters, and for any set of free parameters") {
  for (const char* name : {"all_modifiers", "on_off", "empty_bins"}) {
    const auto model = compile(own_workspace(name));
    const std::size_t n = model->num_parameters();
    Likelihood f(*model);
    // At the expected data the Hessian is the Fisher matrix, but for own second derivatives: Newton and Fisher agree where those vanish.
    std::vector<double> x = model->inits();
    f.set_data(model->observed());
    f.evaluate(x);
    std::vector<double> data = model->observed();
    for (std::size_t b = 0; b < model->num_bins(); ++b) data[b] = f.rates()[b];
    f.set_data(data);
    f.evaluate(x);
    std::vector<unsigned char> free(n, 1);
    for (std::size_t i = 0; i < n; ++i) free[i] = !model->parameters()[i].fixed && i % 5 != 3;
    f.factorise(free);
    std::vector<double> v(n), hv(n), back(n);
    for (std::size_t i = 0; i < n; ++i) v[i] = free[i] ? std::cos(2.0 * static_cast<double>(i)) : 0.0;
    f.hessian_times(v, hv);
    f.precondition(hv, back);
    for (std::size_t i = 0; i < n; ++i) CHECK(back[i] == Approx(v[i]).margin(1e-5));
  }
}

TEST_CASE("differences of -ln L keep their digits where counts and auxiliary data are large") {
  const auto exact_term = [](long double n, long double rate) {
    const long double t = (rate - n) / n;
    return n * (t - std::log1p(t));
  };
  for (const double size : {1e2, 1e8, 1e12}) {
    json w = own_workspace("on_off");
    const double background = size, uncertainty = std::sqrt(size) * 1e-3;
    w["channels"][0]["samples"][0]["data"] = {std::sqrt(size)};
    w["channels"][0]["samples"][1]["data"] = {background};
    w["channels"][0]["samples"][1]["modifiers"][0]["data"] = {uncertainty};
    w["observations"][0]["data"] = {std::round(size + 0.4 * std::sqrt(size))};
    const auto model = compile(w);
    Likelihood f(*model);
    const std::vector<double> data = model->observed();
    f.set_data(data);
    const std::size_t mu = model->find("mu"), gamma = model->find("off[0]");
    const long double tau = model->parameters()[gamma].width;
    const auto exact = [&](const std::vector<double>& x) {
      return exact_term(data[0], std::sqrt(static_cast<long double>(size)) * x[mu] + static_cast<long double>(background) * x[gamma]) + exact_term(data[1], tau * x[gamma]);
    };
    std::vector<double> x = model->inits(), y = x;
    x[mu] = 0.3;
    y[mu] = 1.1;
    y[gamma] = 1 + 0.7 / std::sqrt(static_cast<double>(tau));
    const double here = f.evaluate(x), there = f.evaluate(y);
    INFO("size " << size);
    // What is left is the rounding of the rate and of tau x gamma: in their own last digits.
    CHECK(std::abs(there - here - static_cast<double>(exact(y) - exact(x))) < 1e-10 + 8e-16 * std::sqrt(static_cast<double>(tau)));
    CHECK(f.rounding(there) < 1e-10 + 1e-14 * std::sqrt(static_cast<double>(tau)));
  }
}

TEST_CASE("a Poisson term is -ln of its probability, whatever its size") {
  for (const double n : {0.0, 0.3, 1.0, 7.0, 15.9, 16.0, 40.0, 1e4})
    for (const double ratio : {1e-6, 0.3, 0.51, 0.97, 1.0, 1.0001, 1.49, 1.51, 8.0}) {
      const double rate = (n > 0 ? n : 1) * ratio;
      INFO("n " << n << " rate " << rate);
      CHECK(poisson_nll(n, rate) == Approx(rate - n * std::log(rate) + std::lgamma(n + 1)).epsilon(1e-11).margin(1e-11));
    }
}
