#include "jobs/simulators/external.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <new>

#include "jobs/simulators/files.h"
#include "jobs/simulators/verdict.h"
#include "jobs/working_directory.h"
#include "src/base/error.h"
#include "src/base/text.h"

namespace umbra {
namespace {

namespace fs = std::filesystem;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string path_in(const std::string& folder, const Command& command, const std::string& file) {
  return file == "stdout" ? command.out : file == "stderr" ? command.err : folder + "/" + file;
}

struct ExternalOptions {
  Config steps;
  int keep_failed = 0;
  bool times = false;
};

OptionSet<ExternalOptions> options() {
  return OptionSet<ExternalOptions>()
      .add("steps", &ExternalOptions::steps, "list of programs to run one after the other (docs/simulators.md)", required())
      .add("keep_failed", &ExternalOptions::keep_failed, "of how many failed points each rank keeps the files (in RUN/failed)", at_least(0))
      .add("times", &ExternalOptions::times, "adds a column time_<step> with the seconds that each step took, retries included");
}

// time_<step>, with an underscore more where an output has that name.
std::string time_column(const std::string& step, const std::vector<Column>& taken) {
  std::string name = "time_" + step;
  while (std::any_of(taken.begin(), taken.end(), [&](const Column& c) { return c.name == name; })) name += "_";
  return name;
}

const bool registered = [] {
  const auto make = [](const Config& config, Faults& faults, const ModelContext& context) -> std::unique_ptr<Evaluator> {
    return External::read(config, context, faults);
  };
  std::vector<OptionDoc> docs = options().describe();
  for (OptionDoc doc : ExternalStep::options().describe()) {
    doc.name = "steps: " + doc.name;
    docs.push_back(std::move(doc));
  }
  return ModelRegistry::instance().add("external", {"a chain of programs with files in and out, isolated and timed", "", docs, make});
}();

}  // namespace

std::unique_ptr<External> External::read(const Config& config, const ModelContext& context, Faults& faults) {
  const std::size_t before = faults.size();
  const ExternalOptions o = options().read(config, faults, "model external");
  auto model = std::make_unique<External>();
  model->failed_points_ = FailedPoints(o.keep_failed);
  model->variables_ = context.parameters;
  if (std::find(context.parameters.begin(), context.parameters.end(), "seed") == context.parameters.end()) model->variables_.push_back("seed");
  model->num_given_ = model->variables_.size();
  if (!o.steps.is_list() || o.steps.elements().empty()) {
    if (!o.steps.is_null()) faults.add(o.steps.mark(), "model external: steps: expected a list of steps, each with a command");
    return nullptr;
  }
  for (const Config& map : o.steps.elements()) {
    ExternalStep step = ExternalStep::read(map, model->steps_.size(), model->variables_, faults);
    for (const ExternalStep& other : model->steps_)
      if (other.name == step.name) faults.add(map.mark(), fmt::format("model external: two steps are called {}, give each a name of its own", step.name));
    for (const StepOutput& output : step.outputs) {
      const std::string& name = output.column.name;
      if (std::find(model->variables_.begin(), model->variables_.end(), name) != model->variables_.end())
        faults.add(map.mark(), fmt::format("model external: step {}: the output {} has the name of a parameter or of another output, rename one", step.name, name));
      model->variables_.push_back(name);
      model->columns_.push_back(output.column);
    }
    model->results_.emplace_back();
    model->reports_.push_back({step.name, {}, 0, 0, std::vector<std::uint64_t>(step.outputs.size(), 0)});
    model->steps_.push_back(std::move(step));
  }
  model->find_results();
  model->num_outputs_ = model->columns_.size();
  if (o.times)
    for (const ExternalStep& step : model->steps_) model->columns_.push_back({time_column(step.name, model->columns_), "s", "", Role::bookkeeping});
  if (model->num_outputs_ == 0) faults.add(o.steps.mark(), "model external: no step has outputs (nothing would be learnt), add outputs: {NAME: {slha | json | csv | regex, file}}");
  return faults.size() == before ? std::move(model) : nullptr;
}

// What each step has to make at every point: what it is asked for and what a later step takes from it.
void External::find_results() {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto add = [&](const std::string& file) {
      if (!file.empty() && file != "stdout" && file != "stderr") results_[i].push_back(file);
    };
    for (const StepOutput& output : steps_[i].outputs) add(output.file);
    for (const UnphysicalIf& rule : steps_[i].unphysical_if) add(rule.no_output), add(rule.pattern_file), add(rule.spinfo_file);
    for (std::size_t later = i + 1; later < steps_.size(); ++later)
      for (const StepInput& input : steps_[later].inputs) add(input.from);
  }
}

std::string External::work() const { return guard_->scratch() + "/work"; }
std::string External::folder(std::size_t step) const { return copies_[step] ? copies_[step]->folder() : work(); }

// The latest earlier step whose folder has the file. One that was not run at this point has none of it.
std::string External::find_earlier(std::size_t step, const std::string& file) const {
  for (std::size_t i = step; i-- > 0;)
    if (ran_[i])
      if (const std::string path = folder(i) + "/" + file; fs::is_regular_file(path)) return path;
  return {};
}

void External::prepare() {
  if (!guard_) {
    guard_ = std::make_unique<Guard>();
    copies_.clear();
    for (const ExternalStep& step : steps_)
      copies_.push_back(step.copy.empty() ? nullptr : std::make_unique<PrivateCopy>(step.copy, guard_->scratch() + "/copy-" + step.name, step.cache));
  }
  make_fresh_folder(work());
}

Evaluation External::evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) {
  EXPECT(row.size() == columns_.size());
  values_.assign(variables_.size(), nan);
  step_seconds_.assign(steps_.size(), nan);
  ran_.assign(steps_.size(), false);
  std::copy(theta.begin(), theta.end(), values_.begin());
  if (num_given_ > theta.size()) values_[theta.size()] = static_cast<double>(1 + stream.index(2147483646));
  Evaluation result;
  try {
    prepare();
    result = run_chain();
  } catch (const UserError& e) {
    result = {Status::start_failed, e.what()};
  }
  if (failed_points_.wants(result.status)) keep(result);
  std::copy(values_.begin() + static_cast<std::ptrdiff_t>(num_given_), values_.end(), row.begin());
  for (std::size_t i = num_outputs_; i < row.size(); ++i) row[i] = step_seconds_[i - num_outputs_];
  return result;
}

Evaluation External::run_chain() {
  Evaluation result;
  bool nothing_after = false;  // no step was run after one that was not
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const ExternalStep& step = steps_[i];
    if (step.when && !step.when->is_true(std::span(values_).first(step.num_variables))) {
      ++reports_[i].skipped;
      const std::size_t first = step.num_variables - num_given_;
      if (!nothing_after) result.message = fmt::format("step {} was not run: {} is false", step.name, step.when->text());
      result.not_run.push_back({first, first + step.outputs.size(), fmt::format("step {} was not run: {} is false", step.name, step.when->text())});
      nothing_after = true;
      continue;
    }
    nothing_after = false;
    const Evaluation ran = run_step(i);
    if (ran.status == Status::ok) continue;
    const bool named = steps_.size() > 1 || !step.name.starts_with("step");
    return {ran.status, named ? step.name + ": " + ran.message : ran.message};
  }
  if (nothing_after) return {Status::skipped, result.message};
  result.message.clear();
  return result;
}

Evaluation External::run_step(std::size_t i) {
  const ExternalStep& step = steps_[i];
  std::vector<std::string> fresh;  // what the step has to make itself: gone before another attempt
  if (step.retries > 0 && !copies_[i])
    for (const std::string& file : results_[i])
      if (!fs::exists(work() + "/" + file)) fresh.push_back(work() + "/" + file);
  Evaluation result;
  for (int attempt = 0; attempt <= step.retries; ++attempt) {
    for (const std::string& path : fresh) unlink(path.c_str());
    result = run_in_copy(i);
    if (!is_failure(result.status)) break;
  }
  return result;
}

// What fails in a copy that was used before is run again in a fresh one, once, so that a status is always that of the point and not of those before
// it; only a timeout stands as it is.
Evaluation External::run_in_copy(std::size_t i) {
  Evaluation result = attempt(i);
  for (PrivateCopy* const copy = copies_[i].get(); copy && is_failure(result.status);) {
    const bool again = copy->used() && result.status != Status::timeout;
    copy->spoil();
    if (!again) break;
    result = attempt(i);
  }
  return result;
}

Evaluation External::attempt(std::size_t i) {
  ran_[i] = true;
  const std::string& program = steps_[i].command.program();
  try {
    if (copies_[i]) {
      copies_[i]->prepare();
      for (const std::string& file : results_[i]) unlink((folder(i) + "/" + file).c_str());
    }
    return carry_out(i);
  } catch (const fs::filesystem_error& e) {
    return {Status::start_failed, fmt::format("the scratch folder failed: {}", e.what())};
  } catch (const UserError& e) {
    return {Status::start_failed, e.what()};
  } catch (const FileTooLarge& e) {
    return {Status::output_too_large, fmt::format("{}: {}", program, e.what())};
  } catch (const std::bad_alloc&) {
    return {Status::output_too_large, fmt::format("what {} wrote needs more memory than there is: let the numbers go into a smaller file", program)};
  } catch (const std::exception& e) {
    return {Status::parse_error, fmt::format("what {} wrote cannot be read: {}", program, e.what())};
  }
}

Evaluation External::carry_out(std::size_t i) {
  const ExternalStep& step = steps_[i];
  const std::string where = folder(i);
  const std::span<const double> values = std::span(values_).first(step.num_variables);
  Command command;
  command.out = work() + "/" + step.name + ".stdout";
  command.err = work() + "/" + step.name + ".stderr";
  for (const StepInput& input : step.inputs) {
    const std::string path = where + "/" + input.name;
    if (input.from.empty()) {
      write_text(path, input.text.render(values));
      continue;
    }
    const std::string source = find_earlier(i, input.from);
    if (source.empty()) return {Status::no_output, fmt::format("no earlier step left the file {} for {}", input.from, input.name)};
    if (std::error_code ignored; !fs::equivalent(source, path, ignored)) fs::copy_file(source, path, fs::copy_options::overwrite_existing);
  }
  command.arguments = step.command.arguments(values);
  command.directory = where;
  command.limits = step.limits;
  command.cores = step.cores;
  std::error_code ignored;
  command.variables = {"UMBRA_SCRATCH=" + work(), "UMBRA_JOB=" + fs::absolute(working_directory().job, ignored).string(), "TMPDIR=" + work()};
  for (const char* threads : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}) command.variables.push_back(fmt::format("{}={}", threads, step.cores));

  const GuardReply reply = guard_->run(command);
  StepReport& report = reports_[i];
  step_seconds_[i] = (std::isnan(step_seconds_[i]) ? 0.0 : step_seconds_[i]) + reply.seconds;
  ++report.runs;
  if (report.seconds.size() < 10000) report.seconds.push_back(reply.seconds);
  const Evaluation ended = judge(step, command, reply);
  return ended.status == Status::ok ? read_outputs(step, command, report) : ended;
}

Evaluation External::judge(const ExternalStep& step, const Command& command, const GuardReply& reply) const {
  const std::string& where = command.directory;
  const std::string& program = step.command.program();
  if (reply.end == GuardReply::End::itself) {
    const int code = exit_code(reply);
    const bool good = std::find(step.good_exit_codes.begin(), step.good_exit_codes.end(), code) != step.good_exit_codes.end();
    for (const UnphysicalIf& rule : step.unphysical_if) {
      if (std::find(rule.exit_codes.begin(), rule.exit_codes.end(), code) != rule.exit_codes.end())
        return {Status::unphysical, fmt::format("{} ended with exit code {}", program, code)};
      if (rule.spinfo) {
        if (const auto text = read_text(path_in(where, command, rule.spinfo_file)))
          if (const auto said = Slha(*text).texts("SPINFO", *rule.spinfo); !said.empty())
            return {Status::unphysical, fmt::format("{} says in SPINFO {}: {}", program, *rule.spinfo, join(said, "; ").substr(0, 200))};
      }
      if (rule.pattern) {
        if (const auto text = read_text(path_in(where, command, rule.pattern_file)))
          if (const auto line = rule.pattern->find(*text)) return {Status::unphysical, fmt::format("{} says: {}", program, *line)};
      }
      if (!rule.no_output.empty() && good && bytes_of(path_in(where, command, rule.no_output)) < 0)
        return {Status::unphysical, fmt::format("{} left no {}", program, rule.no_output)};
    }
    const bool full = step.limits.output > 0 && std::any_of(step.outputs.begin(), step.outputs.end(), [&](const StepOutput& o) {
      return bytes_of(path_in(where, command, o.file)) >= step.limits.output;
    });
    if (full) return {Status::output_too_large, fmt::format("{} wrote a file of {:.3g} MB or more", program, step.limits.output / 1e6)};
    if (code > 0 && good) return {};
    if (code == 0 && !good) return {Status::exit_code, fmt::format("{} ended with exit code 0, which is not among exit_codes", program)};
  }
  return verdict(reply, command, program, step.command.through_shell() ? Started::through_shell : Started::directly);
}

Evaluation External::read_outputs(const ExternalStep& step, const Command& command, StepReport& report) {
  const std::string& where = command.directory;
  const std::string& program = step.command.program();
  std::map<std::string, Document> documents;
  Evaluation result;
  const auto failed = [&result](Status status, std::string message) {
    if (result.status == Status::ok) result = {status, std::move(message)};
  };
  for (std::size_t i = 0; i < step.outputs.size(); ++i) {
    const StepOutput& output = step.outputs[i];
    const std::string& name = output.column.name;
    auto document = documents.find(output.file);
    if (document == documents.end()) {
      auto text = read_text(path_in(where, command, output.file));
      if (!text) {
        const std::string words = last_words(command.err);
        failed(Status::no_output, fmt::format("{} left no file {}{}{}", program, output.file, words.empty() ? "" : ": ", words));
        continue;
      }
      document = documents.emplace(output.file, Document(std::move(*text))).first;
    }
    const Extracted found = output.extract->find(document->second);
    double value = nan;
    if (found.value) value = *found.value;
    else if (found.missing && output.missing) value = *output.missing;
    else failed(Status::parse_error, fmt::format("{}: {} in {} of {}", name, found.why, output.file, program));
    if (found.value) ++report.outputs_found[i];
    if (found.value && !std::isfinite(value)) failed(Status::not_finite, fmt::format("{} is {} in {} of {}", name, value, output.file, program));
    values_[step.num_variables + i] = value;
  }
  return result;
}

void External::keep(const Evaluation& failed) {
  if (!guard_) return;
  std::vector<FailedPoints::Part> parts = {{work(), "", {}}};
  for (std::size_t i = 0; i < steps_.size(); ++i)
    if (copies_[i] && ran_[i])
      if (auto files = copies_[i]->changed(); !files.empty()) parts.push_back({folder(i), "copy-" + steps_[i].name, std::move(files)});
  failed_points_.keep(failed, std::span(variables_).first(num_given_), std::span(values_).first(num_given_), parts);
}

}  // namespace umbra
