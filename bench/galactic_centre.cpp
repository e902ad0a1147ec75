// Evaluations until ln L is within 0.1 of the best known point (0, as no constraint of the set can do better) of the job
// examples/pmssm_galactic_centre.yaml, ours and pagmo's differential evolution on the same function.
//   bench_galactic_centre [seeds=20] [max=300000] [sampler=genetic]

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#ifdef UMBRA_HAVE_PAGMO
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/de.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#endif

#include "src/base/error.h"
#include "src/models/point.h"
#include "src/samplers/sampler.h"
#include "workflows/job.h"

using namespace umbra;

namespace {

constexpr double target = -0.1;

/// ln L at u; -inf where the point has none. Counts, and notes when the target was reached.
struct Function {
  PointEvaluator points;
  std::vector<double> row;
  std::size_t calls = 0, reached = 0;
  Evaluation last;

  double operator()(std::span<const double> u) {
    ++calls;
    RandomStream stream(1, Purpose::evaluate, calls);
    last = points.evaluate(u, stream, row);
    const double l = last.status == Status::ok ? row.back() : -std::numeric_limits<double>::infinity();
    if (l > target && reached == 0) reached = calls;
    return l;
  }
};

Job read_job() {
  const std::string file = std::string(UMBRA_SOURCE_DIR) + "/examples/pmssm_galactic_centre.yaml";
  std::ifstream in(file);
  Faults faults;
  Job job = Job::read({std::istreambuf_iterator<char>(in), {}}, file, {}, faults);
  faults.throw_if_any(file);
  return job;
}

Function make_function(const Job& job) {
  Faults faults;
  auto points = PointEvaluator::read(job.root, faults);
  faults.throw_if_any(job.file);
  return {std::move(*points), {}, 0, 0, {}};
}

std::size_t ours(const Job& job, const std::string& type, std::uint64_t seed, std::size_t max) {
  Function f = make_function(job);
  Faults faults;
  const auto sampler = SamplerRegistry::instance().make(Config::map({{"type", type, {}}}), faults,
                                                        {.dim = f.points.dim(), .periodic = std::vector<bool>(f.points.dim(), false), .seed = seed, .evaluations = max});
  faults.throw_if_any("sampler");
  while (f.calls < max && f.reached == 0)
    for (const Task& t : sampler->ask(1)) {
      f(doubles(t.payload));
      Outcome o;
      o.id = t.id;
      o.status = f.last.status;
      o.values = f.row;
      sampler->tell(o);
    }
  return f.reached;
}

#ifdef UMBRA_HAVE_PAGMO
struct Problem {
  Function* f = nullptr;
  pagmo::vector_double fitness(const pagmo::vector_double& u) const {
    const double l = (*f)(u);
    return {std::isfinite(l) ? -l : 1e30};
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    return {pagmo::vector_double(f->points.dim(), 0.0), pagmo::vector_double(f->points.dim(), 1.0)};
  }
};

std::size_t peer(const Job& job, unsigned population, std::uint64_t seed, std::size_t max) {
  Function f = make_function(job);
  pagmo::population pop{pagmo::problem{Problem{&f}}, population, static_cast<unsigned>(seed)};
  pagmo::algorithm de{pagmo::de(1, 0.8, 0.9, 2, 0.0, 0.0, static_cast<unsigned>(seed))};  // its defaults, a generation at a time
  while (f.calls < max && f.reached == 0) pop = de.evolve(pop);
  return f.reached;
}
#endif

void report(const std::string& name, std::vector<std::size_t> reached, std::size_t max) {
  const auto found = reached.size() - static_cast<std::size_t>(std::count(reached.begin(), reached.end(), std::size_t{0}));
  std::replace(reached.begin(), reached.end(), std::size_t{0}, max + 1);
  std::sort(reached.begin(), reached.end());
  const std::size_t middle = reached[(reached.size() - 1) / 2];
  fmt::print("{:<34} found in {:>2} of {}, median {}\n", name, found, reached.size(), middle > max ? fmt::format("> {}", max) : std::to_string(middle));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options = {{"seeds", "20"}, {"max", "300000"}, {"sampler", "genetic"}};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    options[word.substr(0, word.find('='))] = word.substr(word.find('=') + 1);
  }
  const std::uint64_t seeds = std::stoull(options["seeds"]);
  const std::size_t max = std::stoull(options["max"]);
  const Job job = read_job();
  std::vector<std::size_t> reached;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) reached.push_back(ours(job, options["sampler"], seed, max));
  report(options["sampler"], reached, max);
#ifdef UMBRA_HAVE_PAGMO
  for (const unsigned population : {20u, 50u, 100u, 200u}) {
    reached.clear();
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) reached.push_back(peer(job, population, seed, max));
    report(fmt::format("pagmo DE, population {}", population), reached, max);
  }
#endif
}
