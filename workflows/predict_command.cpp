// umbra predict: what a learned model says of points.

#include "workflows/predict_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "io/file.h"
#include "io/model_store.h"
#include "io/point_table.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "workflows/commands.h"

namespace umbra {
namespace {

constexpr std::size_t most_warnings = 20;

std::map<std::string, std::string> slha_entries(const LearnedModel& model, const std::vector<std::string>& given) {
  std::map<std::string, std::string> entries = model.card().slha;
  for (const std::string& g : given) {
    const auto equals = g.find('=');
    VALIDATE(equals != std::string::npos && equals > 0 && equals + 1 < g.size(), "--slha: '{}' does not say which entry is which parameter: write \"EXTPAR 1=M1\"", g);
    const std::string entry = g.substr(0, equals), parameter = g.substr(equals + 1);
    if (const std::string fault = slha_fault(entry, parameter, model.inputs()); !fault.empty()) throw UserError("--slha: " + fault);
    std::erase_if(entries, [&](const auto& e) { return e.second == parameter; });
    entries[entry] = parameter;
  }
  return entries;
}

}  // namespace

std::string outside_text(const LearnedModel& model, std::span<const double> point) {
  std::vector<std::string> sides;
  for (const std::size_t i : model.outside(point))
    sides.push_back(fmt::format("{} = {} (trained between {} and {})", model.inputs()[i], point[i], model.card().low[i], model.card().high[i]));
  return join(sides);
}

int predict_command(const PredictOptions& options) {
  LearnedModel model = load_model(options.model);
  const ModelCard& card = model.card();
  const std::size_t dim = model.inputs().size();
  const PointTable points = read_points(options.points, {model.inputs(), model.space().names(), slha_entries(model, options.slha)});
  const std::vector<Prediction> predictions = model.predict(points.values);
  const std::size_t targets = model.targets(), n = predictions.size() / targets;
  std::string text = card.classes ? "point,class,vote,confidence" : "point";
  for (const std::string& name : column_names(card)) text += "," + name;
  text += ",outside_box\n";
  std::size_t outside = 0, kept = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Prediction& p = predictions[i * targets];
    text += fmt::format("{}", i);
    if (card.classes) text += fmt::format(",{},{:.6g},{:.4g}", p.klass, p.vote, p.confidence);
    for (std::size_t t = 0; t < card.columns.size(); ++t) text += fmt::format(",{},{:.4g}", predictions[i * targets + t].vote, predictions[i * targets + t].spread);
    text += p.outside ? ",1\n" : ",0\n";
    if (!p.outside && p.confidence >= options.confidence) ++kept;
    if (!p.outside) continue;
    if (++outside <= most_warnings)
      fmt::print(stderr, "warning: point {} lies outside the training box: {}; the answer is a guess\n", i, outside_text(model, std::span(points.values).subspan(i * dim, dim)));
  }
  if (outside > most_warnings) fmt::print(stderr, "warning: {} more points lie outside the training box (column outside_box)\n", outside - most_warnings);
  if (card.classes)
    fmt::print(stderr, "{} points; {} ({:.1f} %) inside the training box with confidence {} or more; class 1 is: {}\n", n, kept,
               n == 0 ? 0.0 : 100.0 * static_cast<double>(kept) / static_cast<double>(n), options.confidence, card.target);
  if (options.output.empty()) std::fputs(text.c_str(), stdout);
  else replace_file(options.output, text);
  return exit_code::done;
}

}  // namespace umbra
