// Toys per second on one core, evaluations a toy (a free and a fixed fit), and what an evaluation costs beside a plain loop over the same bins.
//   bench_toys_fit [toys per model, in units of the default]

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "src/statistics/histfactory_toy_model.h"
#include "src/statistics/json_view.h"
#include "src/statistics/patch.h"
#include "src/statistics/toy_block.h"

using namespace umbra;

namespace {

double cpu_seconds() {
  timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// What one would write by hand: bin by bin, sample by sample, modifier by modifier; the gradient, and the Hessian with the second derivatives of
/// the rates left out (the Fisher matrix), as a full matrix.
class PlainLoop {
 public:
  PlainLoop(const HistFactory& model, std::vector<double> data)
      : model_(model),
        data_(std::move(data)),
        by_bin_(model.num_bins()),
        gradient_(model.num_parameters()),
        slopes_(model.num_parameters()),
        hessian_(model.num_parameters() * model.num_parameters()) {
    const RateTable& t = model.table();
    std::vector<Cell> cells(t.nominal.size());
    for (const RateTable::Interpolated& entry : t.interpolated) {
      for (std::size_t e = entry.norm_begin; e < entry.norm_end; ++e)
        for (std::size_t j = 0; j < t.row_bins[t.norm_row[e]]; ++j) {
          Norm norm{entry.parameter, {}, t.norm_log_up[e], t.norm_log_down[e]};
          for (int i = 0; i < 6; ++i) norm.a[i] = t.norm_coefficients[i][e];
          cells[t.row_cell[t.norm_row[e]] + j].norms.push_back(norm);
        }
      for (std::size_t e = entry.shift_begin; e < entry.shift_end; ++e)
        cells[t.shift_cell[e]].shifts.push_back({entry.parameter, t.shift_odd[e], t.shift_even[e]});
    }
    for (std::size_t c = 0; c < cells.size(); ++c) {
      cells[c].nominal = t.nominal[c];
      for (std::size_t i = t.linear_begin[c]; i < t.linear_begin[c + 1]; ++i) cells[c].factors.push_back(t.linear_parameter[i]);
      by_bin_[t.cell_bin[c]].push_back(cells[c]);
    }
  }

  double operator()(const std::vector<double>& x, bool with_hessian) {
    const std::size_t size = x.size();
    double value = 0;
    std::fill(gradient_.begin(), gradient_.end(), 0.0);
    if (with_hessian) std::fill(hessian_.begin(), hessian_.end(), 0.0);
    for (std::size_t b = 0; b < by_bin_.size(); ++b) {
      double rate = 0;
      std::fill(slopes_.begin(), slopes_.end(), 0.0);
      for (const Cell& cell : by_bin_[b]) {
        double factor = 1, sum = cell.nominal, linear = 1;
        logarithmic_.clear();
        for (const Norm& norm : cell.norms) {
          const double a = x[norm.parameter];
          if (std::abs(a) < 1) {
            const double f = 1 + a * (norm.a[0] + a * (norm.a[1] + a * (norm.a[2] + a * (norm.a[3] + a * (norm.a[4] + a * norm.a[5])))));
            const double df = norm.a[0] + a * (2 * norm.a[1] + a * (3 * norm.a[2] + a * (4 * norm.a[3] + a * (5 * norm.a[4] + a * 6 * norm.a[5]))));
            factor *= f;
            logarithmic_.push_back(df / f);
          } else {
            const double exponent = a > 0 ? norm.up : norm.down;
            factor *= std::exp(a * exponent);
            logarithmic_.push_back(exponent);
          }
        }
        for (const std::size_t p : cell.factors) linear *= x[p];
        for (const Shift& shift : cell.shifts) {
          const ShiftBasis basis = shift_basis(HistosysCode::code4p, x[shift.parameter]);
          sum += x[shift.parameter] * shift.odd + basis.q * shift.even;
          slopes_[shift.parameter] += factor * linear * (shift.odd + basis.dq * shift.even);
        }
        const double cell_rate = factor * linear * sum;
        for (std::size_t i = 0; i < cell.norms.size(); ++i) slopes_[cell.norms[i].parameter] += cell_rate * logarithmic_[i];
        for (const std::size_t p : cell.factors) slopes_[p] += cell_rate / x[p];
        rate += cell_rate;
      }
      value += rate - data_[b] * std::log(rate);
      const double slope = 1 - data_[b] / rate, weight = data_[b] / (rate * rate);
      for (std::size_t i = 0; i < size; ++i) gradient_[i] += slope * slopes_[i];
      if (!with_hessian) continue;
      for (std::size_t i = 0; i < size; ++i)
        for (std::size_t j = 0; j <= i; ++j) hessian_[i * size + j] += weight * slopes_[i] * slopes_[j];
    }
    for (std::size_t i = 0; i < model_.num_auxiliary(); ++i) {
      const std::size_t p = model_.auxiliary_parameter()[i];
      const ModelParameter& parameter = model_.parameters()[p];
      const double datum = data_[model_.num_bins() + i];
      if (parameter.constraint == ConstraintKind::normal) {
        const double pull = (x[p] - datum) / parameter.width;
        value += 0.5 * pull * pull;
        gradient_[p] += pull / parameter.width;
        hessian_[p * size + p] += 1 / (parameter.width * parameter.width);
      } else {
        value += parameter.width * x[p] - datum * std::log(parameter.width * x[p]);
        gradient_[p] += parameter.width - datum / x[p];
        hessian_[p * size + p] += datum / (x[p] * x[p]);
      }
    }
    return value;
  }
  const std::vector<double>& gradient() const { return gradient_; }

 private:
  struct Norm {
    std::size_t parameter;
    double a[6], up, down;
  };
  struct Shift {
    std::size_t parameter;
    double odd, even;
  };
  struct Cell {
    double nominal = 0;
    std::vector<Norm> norms;
    std::vector<Shift> shifts;
    std::vector<std::size_t> factors;
  };
  const HistFactory& model_;
  std::vector<double> data_;
  std::vector<std::vector<Cell>> by_bin_;
  std::vector<double> gradient_, slopes_, hessian_, logarithmic_;
};

template <class F>
double microseconds(F&& f) {
  double best = 1e300;
  int calls = 1;
  for (int round = 0; round < 12; ++round) {
    const double start = cpu_seconds();
    for (int i = 0; i < calls; ++i) f();
    const double spent = cpu_seconds() - start;
    best = std::min(best, spent / calls);
    if (spent < 0.01) calls *= 4;
  }
  return best * 1e6;
}

double sink = 0;

void bench(const char* name, const json& document, std::uint64_t toys, double orientation) {
  const auto compiled = std::make_shared<const HistFactory>(read_workspace(document));
  HistFactoryToyModel model(compiled);
  Faults faults;
  const auto statistic = TestStatisticRegistry::instance().make(Config::map({{"type", Config("qmu_tilde"), {}}}), faults);
  double spent = 0;
  std::uint64_t evaluations = 0, unresolved = 0, floored = 0;
  for (const double generated : {1.0, 0.0}) {
    const ToyHypothesis hypothesis{generated == 1 ? 0u : 1u, conditional_parameters(model, generated), {1.0}};
    const double start = cpu_seconds();
    const ToyBlock block = run_block(model, *statistic, hypothesis, 1, 0, toys);
    spent += cpu_seconds() - start;
    evaluations += block.evaluations;
    for (const ToyRow& row : block.rows) unresolved += !resolved(row.status), floored += row.status == FitStatus::at_floor;
  }
  // Off the nominal point, so that nothing is 0.
  std::vector<double> x(model.initial().begin(), model.initial().end());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] += 0.02 * std::sin(static_cast<double>(i));
  Likelihood& likelihood = model.likelihood();
  model.set_data(model.observed());
  PlainLoop plain(*compiled, std::vector<double>(model.observed().begin(), model.observed().end()));
  const double ours = microseconds([&] { sink += likelihood.evaluate(x); });
  const double by_hand = microseconds([&] { sink += plain(x, false); });
  const double by_hand_hessian = microseconds([&] { sink += plain(x, true); });
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    worst = std::max(worst, std::abs(likelihood.gradient()[i] - plain.gradient()[i]) / (1 + std::abs(plain.gradient()[i])));
  const double all = 2 * static_cast<double>(toys), per_evaluation = spent / static_cast<double>(evaluations) * 1e6;
  std::printf("%-14s %9.0f %9.0f %9.2f | %9.2f %9.2f %6.2f | %9.2f %9.2f %6.2f | %7.4f %7.4f %8.0e\n", name, all / spent, orientation,
              static_cast<double>(evaluations) / all, ours, by_hand, ours / by_hand, per_evaluation, by_hand_hessian,
              per_evaluation / by_hand_hessian, static_cast<double>(floored) / all, static_cast<double>(unresolved) / all, worst);
  std::fflush(stdout);
}

json load(const std::filesystem::path& file) {
  std::ifstream in(file);
  return json::parse(in);
}

}  // namespace

int main(int argc, char** argv) {
  const double scale = argc > 1 ? std::atof(argv[1]) : 1.0;
  const auto toys = [&](double n) { return static_cast<std::uint64_t>(std::max(n * scale, 10.0)); };
  std::printf(
      "A toy is a free and a fixed fit; half of them are made at mu = 1, half at mu = 0; mu = 1 is tested with qmu_tilde.\n"
      "Gradient: value and gradient. Newton: all of the fits, divided by their evaluations; by hand: value, gradient and a full Fisher matrix.\n\n");
  std::printf("%-14s %9s %9s %9s | %9s %9s %6s | %9s %9s %6s | %7s %7s %8s\n", "model", "toys/s", "1000 pyhf", "evals/toy", "gradient", "by hand",
              "ratio", "newton", "by hand", "ratio", "floor", "failed", "differ");
  std::printf("%-14s %9s %9s %9s | %9s %9s %6s | %9s %9s %6s |\n", "", "", "", "", "us", "us", "", "us", "us", "");
  const std::filesystem::path own = std::filesystem::path(UMBRA_SOURCE_DIR) / "tests/data",
                              shared = std::filesystem::path(UMBRA_SHARED_DIR) / "references/histfactory";
  for (const char* name : {"on_off", "all_modifiers", "empty_bins"}) bench(name, load(own / (std::string(name) + ".json")), toys(5000), NAN);
  if (!std::filesystem::exists(shared)) {
    std::printf("The published workspaces are not at %s: skipped.\n", shared.c_str());
    return 0;
  }
  const auto published = [&](const char* file) { return load(shared / "published" / file); };
  bench("two_bin", load(shared / "shapesys_two_bin.json"), toys(50000), 72000);
  bench("twenty_bins", load(shared / "twenty_bins.json"), toys(5000), NAN);
  bench("sbottom_A", apply_patch(published("sbottom_A_background.json"), published("sbottom_A_patch_1300_205_60.json")), toys(2000), 760);
  bench("sbottom_B", apply_patch(published("sbottom_B_background.json"), published("sbottom_B_patch_1400_550_60.json")), toys(4000), 1300);
  const json background = published("1Lbb_background.json"), patches = published("1Lbb_patchset.json");
  bench("1Lbb", apply_patch(background, find_patch(patches, "C1N2_Wh_hbb_900_250", background)), toys(500), 63);
  return sink == 12345 ? 1 : 0;
}
