// model: {type: program}: a program that stays alive and answers one JSON line a point (docs/program_protocol.md).

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "jobs/simulators/command_line.h"
#include "jobs/simulators/conversation.h"
#include "jobs/simulators/process_options.h"
#include "jobs/working_directory.h"
#include "src/base/error.h"
#include "src/formats/json_line.h"
#include "src/models/evaluator.h"

namespace umbra {
namespace {

constexpr std::size_t longest_line = std::size_t{16} << 20;

struct Options : ProcessOptions {
  std::string command;
};

OptionSet<Options> options() {
  OptionSet<Options> set;
  set.add("command", &Options::command, "what to run; words that name something in the job file's folder are taken from there", required());
  add_process_options(set);
  return set;
}

/// The program is started with the model, which asks it for its columns.
class Program final : public Evaluator {
 public:
  Program(Options o, std::string name, Command command, const std::vector<std::string>& parameters)
      : options_(std::move(o)), name_(std::move(name)), given_(parameters), hello_(hello_line(parameters)), process_(std::move(command), name_), failed_points_(options_.keep_failed) {
    given_.push_back("seed");
    const Evaluation begun = begin();
    VALIDATE(begun.status == Status::ok, "{}", begun.message);
  }

  const std::vector<Column>& columns() const override { return columns_; }

  Evaluation evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) override {
    const std::uint64_t seed = stream() >> 11;  // exact as a double too, which is what JSON readers make of it
    if (++points_ % 256 == 0) process_.trim_errors();
    const Evaluation result = process_.persist(options_.retries, [&] { return begin(); }, [&] { return ask(theta, seed, row); });
    if (!process_.alive()) std::fill(row.begin(), row.end(), std::numeric_limits<double>::quiet_NaN());
    if (failed_points_.wants(result.status)) {
      std::vector<double> given(theta.begin(), theta.end());
      given.push_back(static_cast<double>(seed));
      failed_points_.keep(result, given_, given, process_.files());
    }
    return result;
  }

 private:
  // Waits for a whole line at the front of what was heard. 0 where none comes.
  std::size_t line() {
    std::size_t end = 0, from = 0;
    while ((end = process_.heard().find('\n', from)) == std::string::npos) {
      from = process_.heard().size();
      if (from > longest_line || !process_.hear()) return 0;
    }
    process_.answered();
    return end + 1;
  }

  Evaluation begin() {
    try {
      process_.start(options_.start_timeout.value);
    } catch (const UserError& e) {
      return {Status::start_failed, e.what()};
    }
    std::size_t size = 0;
    if (!process_.say(hello_, options_.start_timeout.value) || (size = line()) == 0) {
      Evaluation ended = process_.end();
      if (ended.status != Status::start_failed) ended.message = "at its start " + ended.message;
      return ended;
    }
    try {
      std::vector<Column> columns = read_hello(std::string_view(process_.heard()).substr(0, size));
      const bool same = columns_.empty() || std::equal(columns.begin(), columns.end(), columns_.begin(), columns_.end(),
                                                       [](const Column& a, const Column& b) { return a.name == b.name; });
      VALIDATE(same, "{} names other columns than at its first start", name_);
      columns_ = std::move(columns);
    } catch (const UserError& e) {
      process_.hang_up();
      return {Status::protocol_error, fmt::format("{}: {}", name_, e.what())};
    }
    process_.heard().erase(0, size);
    return {};
  }

  Evaluation ask(std::span<const double> theta, std::uint64_t seed, std::span<double> row) {
    write_point(request_, ++id_, seed, theta);
    std::size_t size = 0;
    if (!process_.say(request_, options_.timeout.value) || (size = line()) == 0) {
      if (process_.heard().size() <= longest_line) return process_.end();
      process_.hang_up();
      return {Status::output_too_large, fmt::format("{} wrote {} MB without the end of a line", name_, longest_line >> 20)};
    }
    Answer answer = read_answer(std::string_view(process_.heard()).substr(0, size - 1), columns_, row);
    if (answer.good && answer.id != id_) answer = {false, 0, Status::protocol_error, fmt::format("the answer is for point {}, not {}", answer.id, id_)};
    if (answer.good && process_.heard().size() > size) answer = {false, 0, Status::protocol_error, "there is more than one answer"};
    process_.heard().clear();
    if (!answer.good) {
      process_.hang_up();
      return {Status::protocol_error, fmt::format("{}: {}", name_, answer.message)};
    }
    return {answer.status, std::move(answer.message)};
  }

  Options options_;
  std::string name_;
  std::vector<std::string> given_;  ///< parameters and seed
  std::string hello_, request_;
  Conversation process_;
  FailedPoints failed_points_;
  std::vector<Column> columns_;
  std::uint64_t id_ = 0, points_ = 0;
};

const bool registered = ModelRegistry::instance().add(
    "program", {"a program that stays alive and answers one JSON line a point", "", options().describe(),
                [](const Config& config, Faults& faults, const ModelContext& context) -> std::unique_ptr<Evaluator> {
                  const std::size_t before = faults.size();
                  Options o = options().read(config, faults, "model program");
                  if (faults.size() != before) return nullptr;
                  const Mark mark = config.find("command")->mark();
                  const CommandLine line(o.command, {}, working_directory().job, CommandLine::Names::every_word, mark, "model program: command", faults);
                  if (faults.size() != before) return nullptr;
                  Command command;
                  command.arguments = line.arguments({});
                  command.limits = o.limits();
                  command.cores = o.cores;
                  try {
                    return std::make_unique<Program>(std::move(o), line.program(), std::move(command), context.parameters);
                  } catch (const UserError& e) {
                    faults.add(mark, fmt::format("model program: {}", e.what()));
                    return nullptr;
                  }
                }});

}  // namespace
}  // namespace umbra
