// model: {type: library}: a function in a shared library (umbra_model.h), in a process of its own unless asked otherwise.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <memory>

#include "jobs/simulators/conversation.h"
#include "jobs/simulators/plugin.h"
#include "jobs/simulators/process_options.h"
#include "jobs/simulators/umbra_model.h"
#include "jobs/working_directory.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/formats/json_line.h"
#include "src/models/evaluator.h"

namespace umbra {
namespace {

struct Options : ProcessOptions {
  std::string file;
  std::vector<std::string> parameters;
  Config columns;
  std::string isolation = "process";
};

OptionSet<Options> options() {
  using O = Options;
  OptionSet<O> set;
  set.add("file", &O::file, "the shared library; a relative path starts from the job file's folder", required())
      .add("parameters", &O::parameters, "what it is given, in this order; none: all parameters in the order of the job file")
      .add("columns", &O::columns, "what it fills in, in this order: a list of names, or NAME: {unit, label}", required())
      .add("isolation", &O::isolation, "process: its crash is a status; none: fastest, its crash is the rank's", one_of({"process", "none"}));
  add_process_options(set, " (isolation: process)");
  return set;
}

/// What a row means; shared by both kinds of isolation.
Evaluation judge(std::int64_t said, const char* message, std::span<const double> row, const std::vector<Column>& columns) {
  const auto status = static_cast<Status>(said);
  if (said < 0 || said >= static_cast<std::int64_t>(status_names.size()) || !sayable(status))
    return {Status::protocol_error, fmt::format("the library returned the status {}, which is none that a library may give", said)};
  if (status != Status::ok) return {status, message[0] ? std::string(message, strnlen(message, UMBRA_MESSAGE_SIZE)) : fmt::format("the library says {}", name(status))};
  for (std::size_t i = 0; i < row.size(); ++i)
    if (!(row[i] < std::numeric_limits<double>::infinity())) return {Status::not_finite, fmt::format("{} is {}", columns[i].name, std::isnan(row[i]) ? "NaN" : "infinite")};
  return {};
}

class InProcess final : public Evaluator {
 public:
  InProcess(const std::string& file, const std::vector<std::string>& parameters, std::vector<std::size_t> order, std::vector<Column> columns, const std::vector<std::string>& names)
      : columns_(std::move(columns)), order_(std::move(order)), theta_(order_.size()), plugin_(file, parameters, names) {}

  const std::vector<Column>& columns() const override { return columns_; }
  Evaluation evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) override {
    for (std::size_t i = 0; i < order_.size(); ++i) theta_[i] = theta[order_[i]];
    char message[UMBRA_MESSAGE_SIZE + 1] = {};
    const int status = plugin_.evaluate(theta_.data(), stream(), row.data(), message);
    return judge(status, message, row, columns_);
  }

 private:
  std::vector<Column> columns_;
  std::vector<std::size_t> order_;
  std::vector<double> theta_;
  Plugin plugin_;
};

class InChild final : public Evaluator {
 public:
  InChild(const Options& o, Command command, std::vector<std::size_t> order, std::vector<Column> columns)
      : columns_(std::move(columns)), order_(std::move(order)), request_(sizeof(PluginRequest) + order_.size() * sizeof(double), '\0'), timeout_(o.timeout.value),
        start_timeout_(o.start_timeout.value), retries_(o.retries), given_(o.parameters), process_(std::move(command), std::filesystem::path(o.file).filename()),
        failed_points_(o.keep_failed) {
    const Evaluation begun = begin();
    VALIDATE(begun.status == Status::ok, "{}", begun.message);
  }

  const std::vector<Column>& columns() const override { return columns_; }

  Evaluation evaluate(std::span<const double> theta, RandomStream& stream, std::span<double> row) override {
    const std::uint64_t seed = stream();
    if (id_ % 256 == 0) process_.trim_errors();
    const Evaluation result = process_.persist(retries_, [&] { return begin(); }, [&] { return ask(theta, seed, row); });
    if (failed_points_.wants(result.status)) {
      std::vector<double> given;
      for (const std::size_t i : order_) given.push_back(theta[i]);
      failed_points_.keep(result, given_, given, process_.files());
    }
    return result;
  }

 private:
  // The next answer at the front of what was heard; false where none comes.
  bool next(PluginAnswer& head, std::size_t& size) {
    const std::size_t plain = sizeof head + columns_.size() * sizeof(double);
    for (size = plain;;) {
      if (process_.heard().size() >= plain) {
        std::memcpy(&head, process_.heard().data(), sizeof head);
        size = plain + (head.status == 0 ? 0 : UMBRA_MESSAGE_SIZE);
        if (process_.heard().size() >= size) {
          process_.answered();
          return true;
        }
      }
      if (!process_.hear()) return false;
    }
  }

  std::string message(std::size_t size) const {
    std::string text = process_.heard().substr(size - UMBRA_MESSAGE_SIZE, UMBRA_MESSAGE_SIZE);
    return text.substr(0, text.find('\0'));
  }

  Evaluation begin() {
    try {
      process_.start(start_timeout_);
    } catch (const UserError& e) {
      return {Status::start_failed, e.what()};
    }
    PluginAnswer head;
    std::size_t size = 0;
    if (!next(head, size)) return process_.end();
    if (head.status == 0) {
      process_.heard().clear();
      return {};
    }
    Evaluation refused{Status::start_failed, message(size)};
    process_.hang_up();
    return refused;
  }

  Evaluation ask(std::span<const double> theta, std::uint64_t seed, std::span<double> row) {
    std::fill(row.begin(), row.end(), std::numeric_limits<double>::quiet_NaN());
    const PluginRequest head{++id_, seed};
    std::memcpy(request_.data(), &head, sizeof head);
    for (std::size_t i = 0; i < order_.size(); ++i) std::memcpy(request_.data() + sizeof head + i * sizeof(double), &theta[order_[i]], sizeof(double));
    PluginAnswer answer;
    std::size_t size = 0;
    if (!process_.say(request_, timeout_) || !next(answer, size)) return process_.end();
    if (answer.id != id_ || process_.heard().size() != size) {
      process_.hang_up();
      return {Status::protocol_error, "the library's process does not answer in step"};
    }
    std::memcpy(row.data(), process_.heard().data() + sizeof answer, row.size_bytes());
    const std::string said = answer.status == 0 ? std::string() : message(size);
    process_.heard().clear();
    return judge(answer.status, said.c_str(), row, columns_);
  }

  std::vector<Column> columns_;
  std::vector<std::size_t> order_;
  std::string request_;
  double timeout_, start_timeout_;
  int retries_;
  std::vector<std::string> given_;  ///< names of what it is given
  Conversation process_;
  FailedPoints failed_points_;
  std::uint64_t id_ = 0;
};

std::vector<Column> read_columns(const Config& config, Faults& faults) {
  std::vector<Column> columns;
  if (!config.is_list() && !config.is_map()) faults.add(config.mark(), "model library: columns: expected a list of names, or a map NAME: {unit, label}");
  for (const Config& c : config.elements()) {
    columns.push_back({c.text(), "", ""});
    if (c.text().empty()) faults.add(c.mark(), "model library: columns: expected a name");
  }
  for (const Config::Item& item : config.items()) {
    Column column{item.key, "", ""};
    const std::string where = "model library: column " + item.key;
    if (!item.value.is_map() && !item.value.is_null()) faults.add(item.value.mark(), where + ": expected a map {unit: ..., label: ...}");
    detail::check_keys(item.value, {"unit", "label"}, where, faults);
    if (const Config* unit = item.value.find("unit")) column.unit = unit->text();
    if (const Config* label = item.value.find("label")) column.label = label->text();
    columns.push_back(std::move(column));
  }
  if (columns.empty()) faults.add(config.mark(), "model library: columns: name at least one");
  return columns;
}

std::unique_ptr<Evaluator> make(const Config& config, Faults& faults, const ModelContext& context) {
  namespace fs = std::filesystem;
  const std::size_t before = faults.size();
  Options o = options().read(config, faults, "model library");
  if (faults.size() != before) return nullptr;
  std::error_code ignored;
  const Mark mark = config.find("file")->mark();
  const std::string file = (fs::absolute(working_directory().job, ignored) / o.file).lexically_normal();
  if (!fs::is_regular_file(file, ignored)) faults.add(mark, fmt::format("model library: there is no file {}, correct its path (relative ones start from the job file's folder)", file));
  std::vector<Column> columns = read_columns(o.columns, faults);
  if (o.parameters.empty()) o.parameters = context.parameters;
  std::vector<std::size_t> order;
  for (const std::string& p : o.parameters) {
    const auto found = std::find(context.parameters.begin(), context.parameters.end(), p);
    order.push_back(static_cast<std::size_t>(found - context.parameters.begin()));
    if (found == context.parameters.end()) faults.add(config.find("parameters")->mark(), fmt::format("model library: there is no parameter '{}'{}", p, suggestion(p, context.parameters)));
  }
  if (faults.size() != before) return nullptr;

  std::vector<std::string> names;
  for (const Column& c : columns) names.push_back(c.name);
  try {
    if (o.isolation == "none") return std::make_unique<InProcess>(file, o.parameters, std::move(order), std::move(columns), names);
    Command command;
    const std::string host = companion_program("umbra-host");
    VALIDATE(!host.empty(), "umbra-host was not found beside Umbra's library (the model runs in it), point UMBRA_BIN to the folder of Umbra's programs");
    command.arguments = {host, file, fmt::format("{}", o.parameters.size())};
    command.arguments.insert(command.arguments.end(), o.parameters.begin(), o.parameters.end());
    command.arguments.push_back(fmt::format("{}", names.size()));
    command.arguments.insert(command.arguments.end(), names.begin(), names.end());
    command.limits = o.limits();
    command.cores = o.cores;
    return std::make_unique<InChild>(o, std::move(command), std::move(order), std::move(columns));
  } catch (const UserError& e) {
    faults.add(mark, fmt::format("model library: {}", e.what()));
    return nullptr;
  }
}

const bool registered = ModelRegistry::instance().add("library", {"a function in a shared library, in C, C++ or Fortran", "", options().describe(), make});

}  // namespace
}  // namespace umbra
