// model: {type: learned}. A trained committee in place of simulators: any sampler scans it.

#include <algorithm>
#include <optional>

#include "io/input_path.h"
#include "io/model_store.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/models/evaluator.h"

namespace umbra {
namespace {

class Learned final : public Evaluator {
 public:
  struct Options {
    std::string path;
    std::string outside = "status";
    std::optional<std::string> column;
  };
  static OptionSet<Options> options() {
    OptionSet<Options> o;
    o.add("path", &Options::path, "folder of a model that a learning campaign left (RUN/model); relative to the job file's folder, or else to where umbra is started", required());
    o.add("outside", &Options::outside, "points outside the training box get the status outside_box, or an answer all the same (column outside_box says so)", one_of({"status", "answer"}));
    o.add("column", &Options::column, "what the column of a learnt number is called (default: as in the job that it was learnt from, with predicted_ before it where this job has a column of that name)");
    return o;
  }

  Learned(const Options& options, const ModelContext& context) : options_(options), model_(load_model(find_input(options.path))), x_(model_.inputs().size()) {
    std::vector<std::string> missing;
    for (const std::string& name : model_.inputs()) {
      const auto found = std::find(context.parameters.begin(), context.parameters.end(), name);
      if (found == context.parameters.end()) missing.push_back(name);
      place_.push_back(static_cast<std::size_t>(found - context.parameters.begin()));
    }
    VALIDATE(missing.empty(), "the job has no parameter {}, which the model {} was trained on: add {}", join(missing), options.path, missing.size() == 1 ? "it" : "them");
    const ModelCard& card = model_.card();
    VALIDATE(!card.classes || !options.column, "column: {} says of which class points are, and no number: take `column` out", options.path);
    VALIDATE(card.columns.size() <= 1 || !options.column, "column: {} learnt {} numbers, which keep their names: take `column` out", options.path, card.columns.size());
    if (card.classes)
      columns_ = {{"vote", "", "p"}, {"class", "", "\\mathrm{class}"}, {"confidence", "", "\\mathrm{confidence}"}};
    const std::vector<std::string> names = column_names(card);
    for (std::size_t i = 0; i < names.size(); i += 2) {
      const std::string& unit = card.columns[i / 2].unit;
      columns_.push_back({options.column.value_or(default_column(names[i], context.parameters)), unit, ""});
      columns_.push_back({names[i + 1], unit, "\\sigma"});
    }
    columns_.push_back({"outside_box", "", "\\mathrm{outside}"});
  }

  const std::vector<Column>& columns() const override { return columns_; }

  Evaluation evaluate(std::span<const double> theta, RandomStream&, std::span<double> row) override {
    for (std::size_t i = 0; i < x_.size(); ++i) x_[i] = theta[place_[i]];
    const std::vector<std::size_t> outside = model_.outside(x_);
    row.back() = outside.empty() ? 0.0 : 1.0;
    if (!outside.empty() && options_.outside == "status") return {Status::outside_box, model_.inputs()[outside.front()] + " is outside the box that the model was trained in"};
    const std::vector<Prediction> predictions = model_.predict(x_);
    for (std::size_t t = 0; t < model_.card().columns.size(); ++t) {
      row[2 * t] = predictions[t].vote;
      row[2 * t + 1] = predictions[t].spread;
    }
    if (!model_.card().classes) return {};
    row[0] = predictions.front().vote;
    row[1] = predictions.front().klass;
    row[2] = predictions.front().confidence;
    return {};
  }

 private:
  // Likelihoods are made by the job's constraints, and parameters by its priors: a number of that name is another column.
  static std::string default_column(const std::string& target, const std::vector<std::string>& parameters) {
    const bool taken = target == "log_likelihood" || target.starts_with("lnL_") || target.starts_with("u_") || target == "spread" || target == "outside_box" ||
                       std::find(parameters.begin(), parameters.end(), target) != parameters.end();
    return taken ? "predicted_" + target : target;
  }

  Options options_;
  LearnedModel model_;
  std::vector<double> x_;
  std::vector<std::size_t> place_;
  std::vector<Column> columns_;
};

[[maybe_unused]] const bool registered = ModelRegistry::instance().add<Learned>("learned", "a model that a learning campaign left: class and confidence, or a number, in microseconds");

}  // namespace
}  // namespace umbra
