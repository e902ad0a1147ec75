#include "workflows/merge_nested.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "io/file.h"
#include "io/reader.h"
#include "io/store.h"
#include "io/yaml.h"
#include "jobs/clock.h"
#include "jobs/communicator.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/samplers/nested/merge.h"
#include "workflows/build_info.h"
#include "workflows/commands.h"
#include "workflows/job.h"
#include "workflows/progress.h"
#include "workflows/run_directory.h"
#include "workflows/summary.h"

namespace umbra {
namespace {

constexpr std::uint64_t rows_at_once = 200000;

/// A run that was sampled, not merged.
struct Part {
  std::string run;
  std::uint64_t seed;
  std::uint64_t first_id;  ///< what its ids were raised by
};

struct Source {
  std::string directory;
  Job job;
  Reader reader;
  std::uint64_t first_id = 0;  ///< what its ids are raised by
  std::vector<Part> parts = {};  ///< itself, or those that it was merged from
};

template <class Value>
Value attribute(const Attributes& attributes, const std::string& name, Value missing) {
  const auto found = attributes.find(name);
  const auto* value = found == attributes.end() ? nullptr : std::get_if<Value>(&found->second);
  return value ? *value : missing;
}

/// A merger names all that it was made of, the parts of mergers among them.
std::vector<Part> parts_of(const Source& source) {
  const std::string text = attribute<std::string>(source.reader.attributes(), "merged_from", "");
  if (text.empty()) return {{source.directory, source.job.seed, 0}};
  std::vector<Part> parts;
  for (const auto& j : nlohmann::json::parse(text)) parts.push_back({j.at("run"), j.at("seed"), j.at("first_id")});
  return parts;
}

Source open_source(const std::string& directory) {
  const std::string file = directory + "/job.yaml";
  VALIDATE(exists(file), "{} is no run directory: it has no job.yaml", directory);
  const std::vector<std::byte> text = read_file(file);
  Faults faults;
  Job job = Job::read({reinterpret_cast<const char*>(text.data()), text.size()}, file, {}, faults);
  faults.throw_if_any(file);
  Source source{directory, std::move(job), Reader(directory)};
  const Config* sampler = source.job.root.find("sampler");
  const Config* type = sampler ? sampler->find("type") : nullptr;
  VALIDATE(type && type->text() == "nested", "{} is no run of nested sampling: only such runs have points that can be joined into one evidence", directory);
  VALIDATE(source.reader.merged() && !source.reader.numbers("posterior", "id").empty(), "{} is not finished, or has no posterior: run it again to go on", directory);
  source.parts = parts_of(source);
  return source;
}

// All but what distinguishes runs of one problem: seeds and the effort spent (differences() passes over names, stops and output).
Config problem_of(const Job& job) {
  Config problem = Config::map({});
  for (const Config::Item& i : job.root.items())
    if (i.key != "seed" && i.key != "sampler") problem.set(i.key, i.value);
  return problem;
}

std::vector<Source> open_sources(const std::vector<std::string>& directories) {
  VALIDATE(directories.size() >= 2, "one run is whole by itself: name at least two");
  std::vector<Source> sources;
  std::map<std::uint64_t, std::string> seeds;
  for (const std::string& directory : directories) {
    Source source = open_source(directory);
    for (const Part& part : source.parts) {
      const auto [other, is_new] = seeds.emplace(part.seed, directory);
      VALIDATE(is_new, "{} and {} both have points of seed {}: they are the same, not independent ones, and would count twice; leave one of the two out", other->second, directory, part.seed);
    }
    if (!sources.empty()) {
      const auto different = differences(problem_of(sources.front().job), problem_of(source.job));
      VALIDATE(different.empty(), "{} and {} are not of one problem:\n  {}", sources.front().directory, directory, join(different, "\n  "));
      source.first_id = sources.back().first_id + sources.back().reader.rows("points");
    }
    sources.push_back(std::move(source));
  }
  return sources;
}

NestedRun nested_run(const Source& source) {
  const auto column = [&](const char* name) { return source.reader.numbers("posterior", name); };
  const std::vector<double> ids = column("id"), birth = column("birth_log_likelihood"), volume = column("log_prior_volume");
  const std::vector<double> log_likelihood = source.reader.column("points", "log_likelihood");
  VALIDATE(birth.size() == ids.size() && volume.size() == ids.size(), "{}: /posterior lacks birth contours or volumes", source.directory);
  NestedRun run;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto row = static_cast<std::size_t>(ids[i]);  // a merged table is in the order of ids, without holes
    VALIDATE(row < log_likelihood.size(), "{}: /posterior names point {}, which is not in /points", source.directory, row);
    run.points.push_back({source.first_id + row, log_likelihood[row], birth[i]});
  }
  run.log_positive = find_log_positive(run.points, volume);
  const Attributes summary = source.reader.attributes_of("summary");
  const auto number = [&](const char* name) { return attribute(summary, name, std::nan("")); };
  run.ln_evidence = number("ln_evidence");
  run.ln_evidence_error = number("ln_evidence_error");
  run.insertion_p_value = attribute(summary, "insertion_p_value", 1.0);
  run.physical_fraction = number("physical_fraction");
  run.failed_fraction = number("failed_fraction");
  run.jump_rank = number("jump_rank");
  run.remaining_evidence = number("remaining_evidence");
  run.name = source.directory;
  std::istringstream warnings(attribute<std::string>(summary, "warnings", ""));
  for (std::string line; std::getline(warnings, line);) run.warnings.push_back(line);
  return run;
}

class Output {
 public:
  Output(const Job& job, const std::vector<Source>& sources) : job_(job), lock_(take_run_directory(job, false)) {
    const std::vector<Column>& all = sources.front().reader.columns("points");
    Table points{.name = "points", .kind = TaskKind::point, .columns = {}, .source = RowSource::values};
    bool own = false;  // what follows the bookkeeping of every table
    for (const Column& c : all) {
      if (own) points.columns.push_back(c);
      own = own || c.name == "duration";
    }
    StoreOptions options;
    nlohmann::ordered_json merged = nlohmann::ordered_json::array();
    for (const Source& s : sources)
      for (const Part& p : s.parts) merged.push_back({{"run", p.run}, {"seed", p.seed}, {"first_id", s.first_id + p.first_id}});
    options.attributes = {{"program", std::string("umbra")}, {"version", version()},        {"build", build_info()}, {"cpu_features", cpu_features()},  {"name", job.name},
                          {"seed", static_cast<std::int64_t>(job.seed)}, {"job", write_yaml(job.root)}, {"sessions", std::string("[]")}, {"merged_from", merged.dump()}};
    store_ = Store::open(job.output.directory, {points}, Communicator::self(), options);
    parameters_.clear();
    for (std::size_t c = 0; c < points.columns.size(); ++c)
      if (points.columns[c].role == Role::parameter) {
        if (parameters_.empty()) first_parameter_ = c;
        parameters_.push_back(points.columns[c].name);
      }
  }

  void copy(const Source& source) {
    const std::vector<double> failed = source.reader.numbers("failures", "id");
    const std::vector<std::string> messages = failed.empty() ? std::vector<std::string>{} : source.reader.texts("failures", "message");
    std::map<TaskId, std::string> message;
    for (std::size_t i = 0; i < failed.size(); ++i) message[static_cast<TaskId>(failed[i])] = messages.at(i);
    source.reader.outcomes("points", 0, [&](Outcome&& o, const std::string& host) {
      if (o.id >= source.reader.rows("points")) return;  // its surplus
      if (const auto m = message.find(o.id); m != message.end()) o.message = m->second;
      o.id += source.first_id;
      ledger_.take(o);
      store_->recover(o, host);
      if (++waiting_ == rows_at_once) drain();
    });
  }

  void finish(const SamplerResult& result, bool quiet) {
    if (waiting_ > 0) drain();
    const Summary summary{job_.name, "complete", &ledger_, parameters_, first_parameter_, std::nan(""), result, ""};
    store_->execute(store_->merge({{"points", ledger_.settled()}}, summary_groups(summary)));
    check();
    replace_file(job_.output.directory + "/summary.json", summary_json(summary));
    store_->close();
    ProgressState state;
    state.name = job_.name;
    state.state = "complete";
    state.done = ledger_.count();
    state.total = ledger_.count();
    state.failures = ledger_.failures();
    state.best = ledger_.best().log_likelihood;
    replace_file(job_.output.directory + "/status.json", status_json(state, unix_now()));
    if (!quiet) fmt::print("{}results: {}/results.h5\n", summary_text(summary), job_.output.directory);
  }

 private:
  void drain() {
    store_->execute(store_->drain(store_->report().generation + 1, {0}, ""));
    check();
    waiting_ = 0;
  }
  void check() const {
    const Trouble trouble = store_->report().trouble;
    VALIDATE(!trouble, "{}", trouble.message);
  }

  const Job& job_;
  std::unique_ptr<RunLock> lock_;
  std::unique_ptr<Store> store_;
  Ledger ledger_{LedgerRules{}};
  std::vector<std::string> parameters_;
  std::size_t first_parameter_ = 0;
  std::uint64_t waiting_ = 0;
};

}  // namespace

int merge_nested_runs(const std::vector<std::string>& runs, const std::string& output, bool quiet) {
  int argc = 0;
  char** argv = nullptr;
  const MpiSession session(argc, argv);
  const std::vector<Source> sources = open_sources(runs);
  VALIDATE(!exists(output), "{} is there already: give --output another name", output);
  Job job = sources.front().job;
  job.output.directory = output;
  job.root.set_path("output.directory", Config(output));
  std::vector<NestedRun> parts;
  for (const Source& source : sources) parts.push_back(nested_run(source));
  const SamplerResult result = merge_nested(parts, job.seed);
  Output out(job, sources);
  for (const Source& source : sources) out.copy(source);
  out.finish(result, quiet);
  return exit_code::done;
}

}  // namespace umbra
