#include "src/statistics/minimiser.h"

#include <nlopt.h>

#include <array>
#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/workspaces.h"

using namespace umbra;

namespace {

/// (1 - x)^2 + 100 (y - x^2)^2, a sum of squares, with J^T J as preconditioner.
class Rosenbrock final : public Objective {
 public:
  std::size_t dim() const override { return 2; }
  double evaluate(std::span<const double> x) override {
    x_ = {x[0], x[1]};
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];
    gradient_ = {-2 * a - 400 * x[0] * b, 200 * b};
    return a * a + 100 * b * b;
  }
  std::span<const double> gradient() const override { return gradient_; }
  void hessian_times(std::span<const double> v, std::span<double> out) override {
    const double xx = 2 - 400 * (x_[1] - 3 * x_[0] * x_[0]), xy = -400 * x_[0];
    out[0] = xx * v[0] + xy * v[1];
    out[1] = xy * v[0] + 200 * v[1];
  }
  void factorise(std::span<const unsigned char> free) override { free_ = free; }
  void precondition(std::span<const double> r, std::span<double> out) override {
    const double xx = 2 + 800 * x_[0] * x_[0], xy = -400 * x_[0], yy = 200;
    if (free_[0] && free_[1]) {
      const double determinant = xx * yy - xy * xy, first = (yy * r[0] - xy * r[1]) / determinant;
      out[1] = (xx * r[1] - xy * r[0]) / determinant;
      out[0] = first;
    } else {
      out[0] = free_[0] ? r[0] / xx : 0;
      out[1] = free_[1] ? r[1] / yy : 0;
    }
  }
  double longest_step(std::span<const double>) const override { return 1; }

 private:
  std::array<double, 2> x_{}, gradient_{};
  std::span<const unsigned char> free_;
};

struct NloptProblem {
  Likelihood* likelihood;
};
double nlopt_value(unsigned n, const double* x, double* gradient, void* data) {
  Likelihood& f = *static_cast<NloptProblem*>(data)->likelihood;
  const double value = f.evaluate({x, n});
  if (gradient) std::copy(f.gradient().begin(), f.gradient().end(), gradient);
  return value;
}

/// The minimum that NLopt's SLSQP, restarted from where it stopped, finds.
double nlopt_minimum(Likelihood& f, const std::vector<double>& low, const std::vector<double>& high, std::vector<double> x) {
  NloptProblem problem{&f};
  double value = 0;
  for (int round = 0; round < 3; ++round) {
    nlopt_opt opt = nlopt_create(NLOPT_LD_SLSQP, static_cast<unsigned>(x.size()));
    nlopt_set_min_objective(opt, nlopt_value, &problem);
    nlopt_set_lower_bounds(opt, low.data());
    nlopt_set_upper_bounds(opt, high.data());
    nlopt_set_ftol_abs(opt, 1e-13);
    nlopt_set_maxeval(opt, 1000);
    nlopt_optimize(opt, x.data(), &value);
    nlopt_destroy(opt);
  }
  return value;
}

}  // namespace

TEST_CASE("a curved valley is followed, into a corner of the box too") {
  Rosenbrock f;
  Minimiser minimiser(2);
  const std::vector<double> low = {-5, -5}, high = {5, 5};
  FitResult r;
  r.x = {-1.2, 1};
  minimiser.minimise(f, low, high, {}, r);
  CHECK(r.status == FitStatus::converged);
  CHECK(r.x[0] == Approx(1).margin(1e-4));
  CHECK(r.value < 1e-9);
  CHECK(r.distance < 1e-9);
  const std::vector<double> tight = {0.5, 5};
  r.x = {-1.2, 1};
  minimiser.minimise(f, low, tight, {}, r);
  CHECK(r.status == FitStatus::converged);
  CHECK(r.x[0] == 0.5);
  CHECK(r.x[1] == Approx(0.25).margin(1e-6));
  CHECK(r.projected_gradient < 1e-2);
  FitOptions few;
  few.max_evaluations = 3;
  r.x = {-1.2, 1};
  minimiser.minimise(f, low, high, few, r);
  CHECK(r.status == FitStatus::iteration_limit);
  r.x = {std::nan(""), 1};
  minimiser.minimise(f, low, high, {}, r);
  CHECK(r.status == FitStatus::not_finite);
}

TEST_CASE("fits to toys find the minima that NLopt finds, or better ones, free and fixed, at bounds and with empty bins") {
  int checked = 0, lower = 0;
  for (const char* name : {"all_modifiers", "on_off", "empty_bins"}) {
    HistFactoryToyModel model(compile(own_workspace(name)));
    const auto& parameters = model.model().parameters();
    std::vector<double> low, high, at(model.initial().begin(), model.initial().end()), data;
    for (const ModelParameter& p : parameters) low.push_back(p.fixed ? p.init : p.low), high.push_back(p.fixed ? p.init : p.high);
    at[model.poi()] = 0.3;
    for (std::uint64_t toy = 0; toy < 60; ++toy) {
      model.generate(at, {11, 0, toy}, data);
      model.set_data(data);
      for (const bool free : {true, false}) {
        std::vector<double> l = low, h = high;
        if (!free) l[model.poi()] = h[model.poi()] = 1.0;
        FitResult r;
        r.x = at;
        model.fit({l[model.poi()], h[model.poi()]}, r);
        INFO(name << " toy " << toy << (free ? " free, " : " fixed, ") << umbra::name(r.status) << " after " << r.evaluations << " evaluations, "
                  << r.retries << " retries");
        REQUIRE(resolved(r.status));
        for (std::size_t i = 0; i < r.x.size(); ++i) CHECK((l[i] <= r.x[i] && r.x[i] <= h[i]));
        const double plain = nlopt_minimum(model.likelihood(), l, h, at);
        // Shapes that vary by three quarters make several minima: there NLopt may be luckier.
        if (std::string(name) == "empty_bins" && plain < r.value - 2e-8) ++lower;
        else CHECK(r.value <= plain + 2e-8);
        ++checked;
      }
    }
  }
  CHECK(checked == 360);
  CHECK(lower <= 2);
}
