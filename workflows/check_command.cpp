// umbra check: what a job will do, tried on a few points: draws from the prior, or the first of those that are to be evaluated again.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <thread>

#include "jobs/communicator.h"
#include "jobs/executor.h"
#include "jobs/working_directory.h"
#include "src/base/error.h"
#include "src/base/options.h"
#include "workflows/campaign.h"
#include "workflows/commands.h"
#include "workflows/forecast.h"
#include "workflows/point_work.h"
#include "workflows/progress.h"
#include "workflows/starting.h"

namespace umbra {
namespace {

class Collector final : public Recorder {
 public:
  std::vector<Outcome> outcomes;
  std::optional<Outcome> known(TaskKind, TaskId) override { return {}; }
  void started(std::span<Task>) override {}
  void finished(const Outcome& o) override { outcomes.push_back(o); }
  void tick() override {}
};

double quantile(std::vector<double> sorted, double q) { return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)]; }

std::string quantiles(const std::vector<double>& sorted) {
  return fmt::format("5 % {}, median {}, 95 % {}, longest {}", human_time(quantile(sorted, 0.05)), human_time(quantile(sorted, 0.5)), human_time(quantile(sorted, 0.95)), human_time(sorted.back()));
}

std::vector<double> durations_of(const std::vector<Outcome>& outcomes) {
  std::vector<double> all;
  for (const Outcome& o : outcomes)
    if (o.status != Status::skipped) all.push_back(o.duration);
  std::sort(all.begin(), all.end());
  return all;
}

void print_intent(const Job& job, const Plan& plan) {
  const std::string model = job.root.find("model")->find("type")->text();
  const Config* sampler = job.root.find("sampler");
  fmt::print("{}: {} with model {}, seed {}\n", job.name, job.workflow, model, job.seed);
  fmt::print("  {} parameters: {}\n", plan.parameters.size(), join(plan.parameters));
  std::vector<std::string> observables, likelihoods;
  for (const Column& c : plan.tables.front().columns) {
    if (c.role == Role::observable) observables.push_back(c.name);
    if (c.role == Role::likelihood && c.name != "log_likelihood") likelihoods.push_back(c.name);
  }
  if (!observables.empty()) fmt::print("  {} observables: {}\n", observables.size(), join(observables));
  fmt::print("  log_likelihood = {}\n", likelihoods.empty() ? "0 (no constraint)" : join(likelihoods, " + "));
  if (sampler) fmt::print("  sampler {}{}\n", sampler->find("type")->text(), job.stop.evaluations ? fmt::format(", {} evaluations", *job.stop.evaluations) : "");
  fmt::print("  output to {}, saved every {}\n\n", job.output.directory, human_duration(job.output.save_every.value));
}

void print_statuses(const std::vector<Outcome>& outcomes) {
  std::map<Status, std::pair<std::size_t, std::string>> table;
  for (const Outcome& o : outcomes) {
    auto& [count, message] = table[o.status];
    ++count;
    if (message.empty()) message = o.message;
  }
  fmt::print("{:<18}{:>8}{:>9}   first message\n", "status", "points", "share");
  for (const auto& [status, entry] : table)
    fmt::print("{:<18}{:>8}{:>8.1f}%   {}\n", name(status), entry.first, 100.0 * static_cast<double>(entry.first) / static_cast<double>(outcomes.size()), entry.second);
}

void print_times(const std::vector<double>& sorted) {
  fmt::print("\ntime per point: {}\n", quantiles(sorted));
}

// Outputs that no point filled, where any was: a misspelt one, most of the time, which makes every point a parse_error.
void print_never_found(const Plan& plan, const std::vector<Outcome>& outcomes) {
  const std::vector<Column>& columns = plan.tables.front().columns;
  std::vector<std::string> never;
  bool any_found = std::any_of(outcomes.begin(), outcomes.end(), [](const Outcome& o) { return o.status == Status::ok; });
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].role != Role::observable) continue;
    const bool found = std::any_of(outcomes.begin(), outcomes.end(), [c](const Outcome& o) { return c < o.values.size() && !std::isnan(o.values[c]); });
    if (!found) never.push_back(columns[c].name);
    any_found = any_found || found;
  }
  if (any_found && !never.empty()) fmt::print("never found at any point: {}\n", join(never));
}

void print_step_times(const Plan& plan, const std::vector<Outcome>& outcomes) {
  const std::vector<Column>& columns = plan.tables.front().columns;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (columns[c].role != Role::bookkeeping || !columns[c].name.starts_with("time_")) continue;
    std::vector<double> all;
    for (const Outcome& o : outcomes)
      if (c < o.values.size() && !std::isnan(o.values[c])) all.push_back(o.values[c]);
    std::sort(all.begin(), all.end());
    // An underscore more keeps it apart from an output of that name.
    std::string step = columns[c].name;
    while (std::any_of(columns.begin(), columns.end(), [&](const Column& o) { return o.name + "_" == step; })) step.pop_back();
    step.erase(0, 5);
    if (all.empty()) fmt::print("  step {}: run at no point\n", step);
    else fmt::print("  step {}: run at {} points, {}\n", step, all.size(), quantiles(all));
  }
}

// Threads that one rank of the job uses: those of its model, or of the step that uses most.
int cores_of(const Config& model) {
  int most = 1;
  const auto look = [&](const Config& map) {
    const Config* cores = map.find("cores");
    Faults ignored;
    if (cores) detail::read_option(*cores, most, at_least(most), "cores", ignored);
  };
  look(model);
  if (const Config* steps = model.find("steps"))
    for (const Config& step : steps->elements()) look(step);
  return most;
}

void warn_of_too_many_threads(const Config& model, int ranks) {
  const int cores = cores_of(model);
  const long node = sysconf(_SC_NPROCESSORS_ONLN);
  if (cores == 1 || static_cast<long>(cores) * ranks <= node) return;
  fmt::print("cores: {} threads a rank on {} rank{} are more than the {} cores of this node: the times here are longer than on a node with room. Start at most {} ranks on such a node\n\n",
             cores, ranks, ranks == 1 ? "" : "s", node, std::max(1L, node / cores));
}

// Failed points that are kept must not be in the way of the campaign that follows, which wants a directory of its own.
std::string keep_apart(const Job& job) {
  std::string apart = job.output.directory;
  while (apart.size() > 1 && apart.back() == '/') apart.pop_back();
  apart += "-check";
  std::error_code ignored;
  working_directory().run = std::filesystem::absolute(apart, ignored);
  return apart + "/failed";
}

// A chain of programs is asked for the time of each step, whether or not the campaign keeps them.
std::vector<std::string> with_step_times(const std::string& file, std::vector<std::string> overrides) {
  try {
    Faults ignored;
    const Job job = Job::read(read_job_text(file), file, overrides, ignored);
    const Config* model = job.root.find("model");
    const Config* type = model ? model->find("type") : nullptr;
    if (type && type->text() == "external") overrides.push_back("model.times=true");
  } catch (const UserError&) {
    // Told when the job is read in earnest.
  }
  return overrides;
}

struct Trial {
  const Plan& plan;
  std::size_t dim;
  std::vector<Outcome> measured;
  std::uint64_t total;  ///< evaluations of the campaign
  int for_ranks;        ///< 0: not said
};

// What keeps so many ranks busy, where the job's own look_ahead does not.
std::string advice_on_look_ahead(const Trial& trial, const Forecast& own) {
  if (!trial.plan.with_look_ahead || own.busy_share >= 0.95) return {};
  const LookAhead better = recommend_look_ahead(trial.plan.with_look_ahead, trial.dim, trial.measured, own.ranks, trial.total);
  return better.busy_share > 1.1 * own.busy_share ? fmt::format("   {} (busy share {:.2f})", better.look_ahead, better.busy_share) : "";
}

void print_forecast(const Trial& trial, std::optional<std::uint64_t> evaluations) {
  const auto sampler = trial.plan.stand_in ? trial.plan.stand_in : trial.plan.sampler;
  fmt::print("\n{:>8}{:>12}{:>16}{}{}\n", "ranks", "busy share", "points a second", evaluations ? "   done after" : "", trial.plan.with_look_ahead ? "   better look_ahead" : "");
  bool advised = false;
  const auto print = [&](const Forecast& f) {
    const std::string advice = advice_on_look_ahead(trial, f);
    advised = advised || !advice.empty();
    fmt::print("{:>8}{:>12.2f}{:>16}{:<13}{}\n", f.ranks, f.busy_share, human_count(f.rate), evaluations ? "   " + human_duration(static_cast<double>(*evaluations) / f.rate) : "", advice);
  };
  const auto try_ranks = [&](int ranks) { return forecast(sampler, trial.dim, trial.measured, ranks, trial.total); };
  double last_rate = 0.0;
  int worthwhile = 1;
  bool ends = false, few_points = false;
  for (int ranks = 1; ranks <= 4096 && !ends; ranks *= 2) {
    if (static_cast<std::uint64_t>(ranks) > trial.total) {
      few_points = true;
      break;
    }
    const Forecast f = try_ranks(ranks);
    ends = f.rate < 1.1 * last_rate;
    if (ranks == 1 || ranks == 16 || ranks == 256 || (ends && ranks < 256)) print(f);
    if (ends) break;
    last_rate = f.rate;
    worthwhile = ranks;
  }
  if (trial.for_ranks > 0) print(try_ranks(static_cast<int>(std::min<std::uint64_t>(static_cast<std::uint64_t>(trial.for_ranks), trial.total))));
  if (trial.for_ranks > 0 && static_cast<std::uint64_t>(trial.for_ranks) > trial.total)
    fmt::print("{} ranks are more than the job has evaluations: {} of them would have nothing to do\n", trial.for_ranks, static_cast<std::uint64_t>(trial.for_ranks) - trial.total);
  if (few_points) fmt::print("more than {} rank{} were not tried: the job has {} evaluation{}\n", worthwhile, worthwhile == 1 ? "" : "s", trial.total, trial.total == 1 ? "" : "s");
  else if (ends) fmt::print("more than {} ranks pay nothing: the job's sampler cannot keep them busy\n", worthwhile);
  else fmt::print("it scales to {} ranks and beyond what was tried\n", worthwhile);
  if (advised) fmt::print("sampler: {{look_ahead: N}} says how many points may run whose outcomes do not know of one another. More ranks need more of it, and it costs evaluations (docs/samplers.md)\n");
  else if (ends && trial.plan.with_look_ahead) fmt::print("more look_ahead does not help here: a larger population (or more walkers) does\n");
}

// The first blocks of toys, as the campaign makes them.
RunnerEnd check_toys(const Job& job, const Plan& plan, const Communicator& ranks, const CheckOptions& options) {
  NoRows rows;
  fmt::print("{}: toys of model {}, seed {}\n  output to {}, saved every {}\n\n", job.name, job.root.find("model")->find("type")->text(), job.seed, job.output.directory,
             human_duration(job.output.save_every.value));
  const auto sampler = plan.sampler();
  Ledger ledger(LedgerRules{.kind = TaskKind::toys, .evaluations = std::min<std::uint64_t>(options.points, 2 * static_cast<std::uint64_t>(ranks.size()))});
  Collector collector;
  auto executor = make_mpi_executor(ranks, plan.work, rows);
  Campaign(*sampler, *executor, ledger, collector).run();
  const std::vector<double> durations = durations_of(collector.outcomes);
  double busy = 0.0;
  std::size_t tests = 0, unresolved = 0;
  for (const Outcome& o : collector.outcomes) {
    busy += o.duration;
    tests += o.values.size();
    unresolved += static_cast<std::size_t>(std::count_if(o.values.begin(), o.values.end(), [](double q) { return std::isnan(q); }));
  }
  if (tests == 0) return {};
  fmt::print("{} blocks of toys, {} tests of signal strengths, {} not resolved\n", collector.outcomes.size(), tests, unresolved);
  fmt::print("time of a block: median {}, longest {}; of a toy and test: {}\n", human_time(quantile(durations, 0.5)), human_time(durations.back()), human_time(busy / static_cast<double>(tests)));
  if (const TaskId end = sampler->end(); end != Sampler::no_end)
    fmt::print("{} blocks are asked for: {} on one rank\n", end, human_duration(static_cast<double>(end) * busy / static_cast<double>(durations.size())));
  return {};
}

}  // namespace

int check_command(const CheckOptions& options, const std::string& program) {
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  if (!under_mpi() && (options.ranks > 1 || (options.ranks == 0 && cores > 1 && options.points > 1))) {
    std::vector<std::string> words = {"check", options.job, "--points", std::to_string(options.points), "--ranks", "1"};
    if (options.for_ranks > 0) words.insert(words.end(), {"--for-ranks", std::to_string(options.for_ranks)});
    words.insert(words.end(), options.overrides.begin(), options.overrides.end());
    return start_mpirun(options.ranks > 0 ? options.ranks : std::min<int>(cores, static_cast<int>(options.points)), program, words);
  }
  return with_job(options.job, with_step_times(options.job, options.overrides), [&](const Job& job, const Plan& plan, const Communicator& ranks) {
    NoRows rows;
    const std::string failed_points = keep_apart(job);
    if (ranks.rank() > 0) {
      serve_tasks(ranks, plan.work, rows);
      return RunnerEnd{};
    }
    if (plan.rules.kind == TaskKind::toys) return check_toys(job, plan, ranks, options);
    print_intent(job, plan);
    warn_of_too_many_threads(*job.root.find("model"), ranks.size());
    std::error_code ignored;
    const auto before = std::filesystem::last_write_time(failed_points, ignored);
    const std::size_t dim = plan.first_parameter;
    Faults none;
    const auto points = plan.trial ? plan.trial()
                                   : SamplerRegistry::instance().make(Config::map({{"type", "random", {}}}), none, {.dim = dim, .periodic = std::vector<bool>(dim, false), .seed = job.seed});
    Ledger ledger(LedgerRules{.evaluations = options.points});
    Collector collector;
    auto executor = make_mpi_executor(ranks, plan.work, rows);
    Campaign(*points, *executor, ledger, collector).run();
    print_statuses(collector.outcomes);
    if (const auto after = std::filesystem::last_write_time(failed_points, ignored); !ignored && after != before) fmt::print("files of failed points: {}\n", failed_points);
    const std::vector<double> durations = durations_of(collector.outcomes);
    RunnerEnd end;
    const std::uint64_t ok = ledger.statuses()[static_cast<std::size_t>(Status::ok)];
    const double failed = static_cast<double>(ledger.failures());
    if (durations.empty()) {
      fmt::print("\nno point was evaluated: `require` is false at all of them\n");
      end.exit_code = exit_code::error;
      return end;
    }
    print_times(durations);
    print_step_times(plan, collector.outcomes);
    print_never_found(plan, collector.outcomes);
    Trial trial{plan, dim, collector.outcomes, job.stop.evaluations.value_or(std::uint64_t{1} << 62), options.for_ranks};
    std::erase_if(trial.measured, [](const Outcome& o) { return o.status == Status::skipped; });
    print_forecast(trial, job.stop.evaluations);
    if (ok == 0 || failed > job.failures.budget * (failed + static_cast<double>(ok))) {
      fmt::print("\nthe campaign would be stopped: {}\n", ok == 0 ? "no point is ok" : "more points fail than failures: {budget} allows");
      end.exit_code = exit_code::error;
    }
    return end;
  });
}

}  // namespace umbra
