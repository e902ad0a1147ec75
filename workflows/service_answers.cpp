#include "workflows/service_answers.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "src/base/error.h"
#include "src/base/text.h"
#include "workflows/predict_command.h"

namespace umbra {
namespace {

using Json = nlohmann::ordered_json;

constexpr int most_levels = 8;           // of lists and maps in each other: a request needs four
constexpr std::size_t most_quoted = 60;  // characters of a request that an answer repeats

std::string shortened(std::string text) {
  if (text.size() > most_quoted) text.replace(most_quoted, std::string::npos, "...");
  return text;
}

// A list or a map may be of any size and depth: its kind is said, not what is in it.
std::string shown(const Json& value) { return value.is_structured() ? std::string(value.is_array() ? "a list" : "a map") : shortened(value.dump()); }

Json parse(const std::string& body) {
  return Json::parse(
      body,
      [](int depth, Json::parse_event_t, Json&) {
        VALIDATE(depth <= most_levels, "the body has lists or maps in each other, more than {} levels deep: send {{\"points\": [...]}}, each point a map of parameters or a list of numbers", most_levels);
        return true;
      },
      false);
}

// The places of the model's inputs among the names of a request.
std::vector<std::size_t> order_of(const Json& names, const std::vector<std::string>& inputs) {
  VALIDATE(names.is_array() && std::all_of(names.begin(), names.end(), [](const Json& n) { return n.is_string(); }), "\"parameters\" must be a list of names");
  std::vector<std::string> given;
  for (const Json& n : names) given.push_back(n.get<std::string>());
  std::vector<std::size_t> places;
  for (const std::string& name : inputs) {
    const auto found = std::find(given.begin(), given.end(), name);
    VALIDATE(found != given.end(), "\"parameters\" lacks {}; the model wants {}", name, join(inputs));
    places.push_back(static_cast<std::size_t>(found - given.begin()));
  }
  for (const std::string& name : given) VALIDATE(std::find(inputs.begin(), inputs.end(), name) != inputs.end(), "\"parameters\" has {}, which the model does not know; it wants {}", shortened(name), join(inputs));
  VALIDATE(given.size() == inputs.size(), "\"parameters\" names a parameter twice");
  return places;
}

double number_of(const Json& value, std::size_t point, const std::string& name) {
  VALIDATE(value.is_number(), "point {}: {} is {}, not a number", point, name, shown(value));
  return value.get<double>();
}

std::vector<double> read_points(const Json& request, const std::vector<std::string>& inputs) {
  VALIDATE(request.is_object() && request.contains("points") && request["points"].is_array(), "the body must be {{\"points\": [...]}}, each point a map of parameters or a list of numbers");
  std::vector<std::size_t> places(inputs.size());
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = i;
  if (request.contains("parameters")) places = order_of(request["parameters"], inputs);
  std::vector<double> x;
  std::size_t n = 0;
  for (const Json& point : request["points"]) {
    if (point.is_array()) {
      VALIDATE(point.size() == inputs.size(), "point {} has {} numbers, the model has {} parameters: {}", n, point.size(), inputs.size(), join(inputs));
      for (std::size_t i = 0; i < inputs.size(); ++i) x.push_back(number_of(point[places[i]], n, inputs[i]));
    } else {
      VALIDATE(point.is_object(), "point {} is neither a map of parameters nor a list of numbers", n);
      for (const std::string& name : inputs) {
        VALIDATE(point.contains(name), "point {} lacks {}; the model wants {}", n, name, join(inputs));
        x.push_back(number_of(point[name], n, name));
      }
      for (const auto& [name, value] : point.items()) VALIDATE(std::find(inputs.begin(), inputs.end(), name) != inputs.end(), "point {} has {}, which the model does not know; it wants {}", n, shortened(name), join(inputs));
    }
    ++n;
  }
  return x;
}

}  // namespace

Answer error_answer(int status, const std::string& text) { return {status, Json{{"error", text}}.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"}; }

Answer ServiceAnswers::describe() const {
  const ModelCard& card = model_.card();
  Json j{{"name", card.name}, {"target", card.target}, {"kind", card.classes ? "class" : "number"}};
  if (card.columns.size() == 1) j["unit"] = card.columns.front().unit;
  if (card.columns.size() > 1)
    for (const LearntColumn& c : card.columns) j["columns"].push_back({{"name", c.name}, {"unit", c.unit}});
  Json parameters = Json::array();
  const std::vector<std::string> units = model_.units();
  for (std::size_t i = 0; i < units.size(); ++i) parameters.push_back({{"name", model_.inputs()[i]}, {"unit", units[i]}, {"low", card.low[i]}, {"high", card.high[i]}});
  j["parameters"] = parameters;
  j["training_points"] = card.training_points;
  j["metrics"] = card.metrics;
  return {200, j.dump() + "\n"};
}

Answer ServiceAnswers::predict(const std::string& body) {
  try {
    const Json request = parse(body);
    VALIDATE(!request.is_discarded(), "the body is not JSON: send {{\"points\": [...]}}");
    const std::vector<double> x = read_points(request, model_.inputs());
    const std::scoped_lock lock(mutex_);
    const std::vector<Prediction> predictions = model_.predict(x);
    const std::size_t dim = model_.inputs().size(), targets = model_.targets();
    Json list = Json::array();
    for (std::size_t i = 0; i * targets < predictions.size(); ++i) {
      const Prediction& p = predictions[i * targets];
      Json one = model_.card().classes ? Json{{"class", p.klass}, {"vote", p.vote}, {"confidence", p.confidence}} : targets == 1 ? Json{{"value", p.vote}, {"spread", p.spread}} : Json::object();
      for (std::size_t t = 0; targets > 1 && t < targets; ++t) {
        one["values"][model_.card().columns[t].name] = predictions[i * targets + t].vote;
        one["spreads"][model_.card().columns[t].name] = predictions[i * targets + t].spread;
      }
      one["outside_box"] = p.outside;
      if (p.outside) one["warning"] = "outside the training box: " + outside_text(model_, std::span(x).subspan(i * dim, dim));
      list.push_back(std::move(one));
    }
    return {200, Json{{"predictions", list}}.dump() + "\n"};
  } catch (const UserError& e) {
    return error_answer(400, e.what());
  }
}

}  // namespace umbra
