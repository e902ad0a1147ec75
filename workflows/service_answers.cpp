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

// The places of the model's inputs among the names of a request.
std::vector<std::size_t> order_of(const Json& names, const std::vector<std::string>& inputs) {
  VALIDATE(names.is_array(), "\"parameters\" must be a list of names");
  std::vector<std::string> given;
  for (const Json& n : names) given.push_back(n.is_string() ? n.get<std::string>() : n.dump());
  std::vector<std::size_t> places;
  for (const std::string& name : inputs) {
    const auto found = std::find(given.begin(), given.end(), name);
    VALIDATE(found != given.end(), "\"parameters\" lacks {}; the model wants {}", name, join(inputs));
    places.push_back(static_cast<std::size_t>(found - given.begin()));
  }
  for (const std::string& name : given) VALIDATE(std::find(inputs.begin(), inputs.end(), name) != inputs.end(), "\"parameters\" has {}, which the model does not know; it wants {}", name, join(inputs));
  VALIDATE(given.size() == inputs.size(), "\"parameters\" names a parameter twice");
  return places;
}

double number_of(const Json& value, std::size_t point, const std::string& name) {
  VALIDATE(value.is_number(), "point {}: {} is {}, not a number", point, name, value.dump());
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
      for (const auto& [name, value] : point.items()) VALIDATE(std::find(inputs.begin(), inputs.end(), name) != inputs.end(), "point {} has {}, which the model does not know; it wants {}", n, name, join(inputs));
    }
    ++n;
  }
  return x;
}

}  // namespace

Answer error_answer(int status, const std::string& text) { return {status, Json{{"error", text}}.dump() + "\n"}; }

Answer ServiceAnswers::describe() const {
  const ModelCard& card = model_.card();
  Json j{{"name", card.name}, {"target", card.target}, {"kind", card.classes ? "class" : "number"}};
  Json parameters = Json::array();
  for (std::size_t i = 0; i < model_.inputs().size(); ++i) parameters.push_back({{"name", model_.inputs()[i]}, {"low", card.low[i]}, {"high", card.high[i]}});
  j["parameters"] = parameters;
  j["training_points"] = card.training_points;
  j["metrics"] = card.metrics;
  return {200, j.dump() + "\n"};
}

Answer ServiceAnswers::predict(const std::string& body) {
  const Json request = Json::parse(body, nullptr, false);
  if (request.is_discarded()) return error_answer(400, "the body is not JSON");
  try {
    const std::vector<double> x = read_points(request, model_.inputs());
    const std::scoped_lock lock(mutex_);
    const std::vector<Prediction> predictions = model_.predict(x);
    const std::size_t dim = model_.inputs().size();
    Json list = Json::array();
    for (std::size_t i = 0; i < predictions.size(); ++i) {
      const Prediction& p = predictions[i];
      Json one = model_.card().classes ? Json{{"class", p.klass}, {"vote", p.vote}, {"confidence", p.confidence}} : Json{{"value", p.vote}, {"spread", p.spread}};
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
