#include "jobs/simulators/external.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>

#include "jobs/simulators/verdict.h"
#include "jobs/working_directory.h"
#include "src/base/text.h"
#include "src/formats/number.h"

namespace umbra {
namespace {

namespace fs = std::filesystem;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

void write_file(const std::string& path, const std::string& text) {
  if (const fs::path folder = fs::path(path).parent_path(); !fs::exists(folder)) fs::create_directories(folder);
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  std::size_t done = 0;
  while (file >= 0 && done < text.size()) {
    const ssize_t n = write(file, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  const int error = errno;
  if (file >= 0) close(file);
  VALIDATE(file >= 0 && done == text.size(), "cannot write {}: {}", path, std::strerror(error));
}

// Only a regular file is read: a pipe that a simulator left would wait for ever.
std::optional<std::string> read_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return {};
  struct stat info {};
  std::string text;
  const bool regular = fstat(file, &info) == 0 && S_ISREG(info.st_mode);
  if (regular) {
    text.resize(static_cast<std::size_t>(info.st_size));
    std::size_t done = 0;
    for (ssize_t n = 1; n > 0 && done < text.size(); done += static_cast<std::size_t>(std::max<ssize_t>(n, 0))) n = read(file, text.data() + done, text.size() - done);
    text.resize(done);
  }
  close(file);
  return regular ? std::optional(std::move(text)) : std::nullopt;
}

double file_size(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? static_cast<double>(info.st_size) : -1.0;
}

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
  model->keep_failed_ = o.keep_failed;
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
    model->reports_.push_back({step.name, {}, 0, 0, std::vector<std::uint64_t>(step.outputs.size(), 0)});
    model->steps_.push_back(std::move(step));
  }
  model->num_outputs_ = model->columns_.size();
  if (o.times)
    for (const ExternalStep& step : model->steps_) model->columns_.push_back({"time_" + step.name, "s", "", Role::bookkeeping});
  if (model->num_outputs_ == 0) faults.add(o.steps.mark(), "model external: no step has outputs (nothing would be learnt), add outputs: {NAME: {slha | json | csv | regex, file}}");
  return faults.size() == before ? std::move(model) : nullptr;
}

std::string External::folder(const ExternalStep& step) const { return guard_->scratch() + (step.copy.empty() ? "/work" : "/copy-" + step.name); }

// The latest earlier step whose folder has the file.
std::string External::find_earlier(const ExternalStep& step, const std::string& file) const {
  for (std::size_t i = static_cast<std::size_t>(&step - steps_.data()); i-- > 0;)
    if (const std::string path = folder(steps_[i]) + "/" + file; fs::is_regular_file(path)) return path;
  return {};
}

// An empty work folder; private copies are made once, and again where the guard was lost.
void External::prepare() {
  if (!guard_) guard_ = std::make_unique<Guard>();
  const std::string work = guard_->scratch() + "/work";
  fs::remove_all(work);
  fs::create_directories(work);
  for (const ExternalStep& step : steps_) {
    if (step.copy.empty()) continue;
    if (!fs::exists(folder(step))) fs::copy(step.copy, folder(step), fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    for (const std::string& path : result_files(step)) unlink(path.c_str());  // an earlier point's must not be taken for this one's
  }
}

std::vector<std::string> External::result_files(const ExternalStep& step) const {
  std::vector<std::string> files;
  const auto add = [&](const std::string& file) {
    if (!file.empty() && file != "stdout" && file != "stderr") files.push_back(folder(step) + "/" + file);
  };
  for (const StepOutput& output : step.outputs) add(output.file);
  for (const UnphysicalIf& rule : step.unphysical_if) add(rule.no_output), add(rule.pattern_file), add(rule.spinfo_file);
  return files;
}

Evaluation External::evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) {
  EXPECT(row.size() == columns_.size());
  values_.assign(variables_.size(), nan);
  step_seconds_.assign(steps_.size(), nan);
  std::copy(theta.begin(), theta.end(), values_.begin());
  if (num_given_ > theta.size()) values_[theta.size()] = static_cast<double>(1 + stream.index(2147483646));
  Evaluation result;
  try {
    prepare();
    result = run_chain();
    if (is_failure(result.status) && kept_ < keep_failed_) keep(result);
  } catch (const fs::filesystem_error& e) {
    result = {Status::start_failed, fmt::format("the scratch folder failed: {}", e.what())};
  } catch (const UserError& e) {
    result = {Status::start_failed, e.what()};
  }
  std::copy(values_.begin() + static_cast<std::ptrdiff_t>(num_given_), values_.end(), row.begin());
  for (std::size_t i = num_outputs_; i < row.size(); ++i) row[i] = step_seconds_[i - num_outputs_];
  return result;
}

Evaluation External::run_chain() {
  Evaluation skipped;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const ExternalStep& step = steps_[i];
    if (step.when && !step.when->is_true(std::span(values_).first(step.num_variables))) {
      ++reports_[i].skipped;
      if (skipped.status == Status::ok) skipped = {Status::skipped, fmt::format("step {} was not run: {} is false", step.name, step.when->text())};
      continue;
    }
    skipped = {};
    std::vector<std::string> fresh;  // what the step has to make itself: gone before another attempt
    if (step.retries > 0)
      for (const std::string& path : result_files(step))
        if (!fs::exists(path)) fresh.push_back(path);
    Evaluation result;
    for (int attempt = 0; attempt <= step.retries; ++attempt) {
      for (const std::string& path : fresh) unlink(path.c_str());
      result = run_step(step, reports_[i]);
      if (!is_failure(result.status)) break;
    }
    if (result.status == Status::ok) continue;
    result.message = steps_.size() > 1 || !step.name.starts_with("step") ? step.name + ": " + result.message : result.message;
    return result;
  }
  return skipped;
}

Evaluation External::run_step(const ExternalStep& step, StepReport& report) {
  const std::string where = folder(step);
  const std::span<const double> values = std::span(values_).first(step.num_variables);
  Command command;
  command.out = guard_->scratch() + "/work/" + step.name + ".stdout";
  command.err = guard_->scratch() + "/work/" + step.name + ".stderr";
  for (const StepInput& input : step.inputs) {
    if (input.from.empty()) {
      write_file(where + "/" + input.name, input.text.render(values));
      continue;
    }
    const std::string source = find_earlier(step, input.from);
    if (source.empty()) return {Status::no_output, fmt::format("no earlier step left the file {} for {}", input.from, input.name)};
    fs::copy_file(source, where + "/" + input.name, fs::copy_options::overwrite_existing);
  }
  command.arguments = step.command.arguments(values);
  command.directory = where;
  command.limits = step.limits;
  command.cores = step.cores;
  std::error_code ignored;
  command.variables = {"UMBRA_SCRATCH=" + guard_->scratch() + "/work", "UMBRA_JOB=" + fs::absolute(working_directory().job, ignored).string(), "TMPDIR=" + guard_->scratch() + "/work"};
  for (const char* threads : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}) command.variables.push_back(fmt::format("{}={}", threads, step.cores));

  const GuardReply reply = guard_->run(command);
  double& spent = step_seconds_[static_cast<std::size_t>(&step - steps_.data())];
  spent = (std::isnan(spent) ? 0.0 : spent) + reply.seconds;
  ++report.runs;
  if (report.seconds.size() < 10000) report.seconds.push_back(reply.seconds);
  const Evaluation ended = judge(step, command, reply);
  return ended.status == Status::ok ? read_outputs(step, command, report) : ended;
}

Evaluation External::judge(const ExternalStep& step, const Command& command, const GuardReply& reply) const {
  const std::string where = folder(step);
  const std::string& program = step.command.program();
  if (reply.end == GuardReply::End::itself) {
    const int code = exit_code(reply);
    for (const UnphysicalIf& rule : step.unphysical_if) {
      if (std::find(rule.exit_codes.begin(), rule.exit_codes.end(), code) != rule.exit_codes.end())
        return {Status::unphysical, fmt::format("{} ended with exit code {}", program, code)};
      if (rule.spinfo) {
        if (const auto text = read_file(path_in(where, command, rule.spinfo_file)))
          if (const auto said = Slha(*text).texts("SPINFO", *rule.spinfo); !said.empty())
            return {Status::unphysical, fmt::format("{} says in SPINFO {}: {}", program, *rule.spinfo, join(said, "; ").substr(0, 200))};
      }
      if (rule.pattern) {
        if (const auto text = read_file(path_in(where, command, rule.pattern_file)))
          if (const auto line = rule.pattern->find(*text)) return {Status::unphysical, fmt::format("{} says: {}", program, *line)};
      }
      if (!rule.no_output.empty() && code == 0 && file_size(path_in(where, command, rule.no_output)) < 0)
        return {Status::unphysical, fmt::format("{} left no {}", program, rule.no_output)};
    }
    const bool full = step.limits.output > 0 && std::any_of(step.outputs.begin(), step.outputs.end(), [&](const StepOutput& o) {
      return file_size(path_in(where, command, o.file)) >= step.limits.output;
    });
    if (full) return {Status::output_too_large, fmt::format("{} wrote a file of {:.3g} MB or more", program, step.limits.output / 1e6)};
    if (code > 0 && std::find(step.good_exit_codes.begin(), step.good_exit_codes.end(), code) != step.good_exit_codes.end()) return {};
    if (code == 0 && std::find(step.good_exit_codes.begin(), step.good_exit_codes.end(), 0) == step.good_exit_codes.end())
      return {Status::exit_code, fmt::format("{} ended with exit code 0, which is not among exit_codes", program)};
  }
  return verdict(reply, command, program, step.command.through_shell() ? Started::through_shell : Started::directly);
}

Evaluation External::read_outputs(const ExternalStep& step, const Command& command, StepReport& report) {
  const std::string where = folder(step);
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
      auto text = read_file(path_in(where, command, output.file));
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
  const std::string base = working_directory().run.empty() ? fs::path(guard_->scratch()).parent_path().string() + "/umbra-failed" : working_directory().run + "/failed";
  char host[64] = "localhost";
  gethostname(host, sizeof host - 1);
  const std::string target = fmt::format("{}/{}-{}-{}", base, host, getpid(), kept_);
  std::string text = fmt::format("status: {}\nmessage: {}\n", name(failed.status), failed.message);
  for (std::size_t i = 0; i < num_given_; ++i) {
    text += variables_[i] + ": ";
    append_number(text, values_[i]);
    text += "\n";
  }
  // A full disk must not turn one bad point into a failed campaign.
  std::error_code ignored;
  fs::create_directories(target, ignored);
  fs::copy(guard_->scratch() + "/work", target, fs::copy_options::recursive | fs::copy_options::copy_symlinks, ignored);
  ++kept_;
  write_file(target + "/point.txt", text);
}

}  // namespace umbra
