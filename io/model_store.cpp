#include "io/model_store.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <cmath>
#include <limits>
#include <sstream>

#include "io/crc32c.h"
#include "io/file.h"
#include "io/yaml.h"
#include "src/base/error.h"

namespace umbra {
namespace {

using Json = nlohmann::ordered_json;

constexpr int format_version = 1;

std::uint32_t checksum(std::string_view text) { return crc32c({reinterpret_cast<const std::byte*>(text.data()), text.size()}); }

// NaN has no place in JSON.
Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

Json card_json(const ModelCard& card, const std::vector<std::string>& inputs, const std::vector<std::string>& units) {
  Json j;
  j["format"] = "umbra-model";
  j["version"] = format_version;
  j["name"] = card.name;
  j["target"] = card.target;
  j["kind"] = card.classes ? "class" : "number";
  if (card.classes) j["classes"] = {{"0", "not (" + card.target + ")"}, {"1", card.target}};
  else j["columns"] = Json::array();
  for (const LearntColumn& c : card.columns) j["columns"].push_back({{"name", c.name}, {"unit", c.unit}});
  Json parameters = Json::array();
  for (std::size_t i = 0; i < inputs.size(); ++i) parameters.push_back({{"name", inputs[i]}, {"unit", units[i]}, {"low", card.low[i]}, {"high", card.high[i]}});
  j["training_box"] = parameters;
  j["training_points"] = card.training_points;
  j["evaluations"] = card.evaluations;
  j["seed"] = card.seed;
  Json metrics = Json::object();
  for (const auto& [name, value] : card.metrics) metrics[name] = number(value);
  j["metrics"] = metrics;
  Json bins = Json::array();
  for (const Calibration::Bin& b : card.calibration.bins()) bins.push_back({{"points", b.points}, {"right", b.right}});
  j["calibration"] = bins;
  j["parameters"] = write_yaml(card.parameters);
  j["committee"] = write_yaml(card.committee);
  j["provenance"] = card.provenance;
  j["slha"] = card.slha;
  return j;
}

ModelCard read_card(const Json& j, const std::string& file) {
  ModelCard card;
  Faults faults;
  card.name = j.at("name");
  card.target = j.at("target");
  card.classes = j.at("kind") == "class";
  if (j.contains("unit")) card.columns = {{card.target, j.at("unit")}};  // of versions that learnt one number
  else if (!card.classes)
    for (const Json& c : j.at("columns")) card.columns.push_back({c.at("name"), c.at("unit")});
  for (const Json& p : j.at("training_box")) {
    card.low.push_back(p.at("low"));
    card.high.push_back(p.at("high"));
  }
  card.training_points = j.at("training_points");
  card.evaluations = j.at("evaluations");
  card.seed = j.at("seed");
  for (const auto& [name, value] : j.at("metrics").items()) card.metrics[name] = value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
  std::vector<Calibration::Bin> bins;
  for (const Json& b : j.at("calibration")) bins.push_back({b.at("points"), b.at("right")});
  card.calibration = Calibration(std::move(bins));
  card.parameters = parse_yaml(j.at("parameters"), file, faults);
  card.committee = parse_yaml(j.at("committee"), file, faults);
  for (const auto& [name, value] : j.at("provenance").items()) card.provenance[name] = value;
  for (const auto& [name, value] : j.at("slha").items()) card.slha[name] = value;
  faults.throw_if_any(file);
  return card;
}

std::string text_of(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr const char* altered = "the model may answer wrongly: take it from a backup, or train it again";

LearnedModel read_model(const std::string& card_file, const std::string& committee_file) {
  Json j = Json::parse(text_of(card_file), nullptr, false);
  VALIDATE(j.is_object() && j.contains("checksum") && j.value("format", "") == "umbra-model", "{} is truncated or altered ({})", card_file, altered);
  VALIDATE(j.value("version", 0) == format_version, "{} is of version {}, this program reads version {}: take the program that wrote it, or train the model again", card_file, j.value("version", 0), format_version);
  const std::uint32_t stated = j.at("checksum").get<std::uint32_t>();
  j.erase("checksum");
  VALIDATE(checksum(j.dump()) == stated, "{} does not fit its checksum: it was altered ({})", card_file, altered);
  const std::string committee = text_of(committee_file);
  VALIDATE(committee.size() == j.at("committee_bytes").get<std::size_t>(), "{} has {} bytes instead of {}: it is truncated, or of another model ({})", committee_file, committee.size(),
           j.at("committee_bytes").get<std::size_t>(), altered);
  VALIDATE(checksum(committee) == j.at("committee_checksum").get<std::uint32_t>(), "{} does not fit its checksum: it was altered, or is of another model ({})", committee_file, altered);

  ModelCard card = read_card(j, card_file);
  const auto trainer = make_committee(card);
  VotersList voters;
  std::istringstream in(committee);
  for (std::size_t part = 0; in.peek() != std::istringstream::traits_type::eof(); ++part) {
    std::uint64_t size = 0;
    in.read(reinterpret_cast<char*>(&size), sizeof size);
    std::string bytes(size, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(size));
    std::istringstream one(bytes);
    voters.push_back(trainer->load(one, part % trainer->parts()));
  }
  return LearnedModel(std::move(card), std::move(voters));
}

}  // namespace

void save_model(const std::string& directory, const LearnedModel& model) {
  std::ostringstream members;
  for (const auto& voters : model.voters()) {
    std::ostringstream one;
    voters->save(one);
    const std::string bytes = one.str();
    const std::uint64_t size = bytes.size();
    members.write(reinterpret_cast<const char*>(&size), sizeof size);
    members.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  const std::string committee = members.str();
  Json j = card_json(model.card(), model.inputs(), model.units());
  j["committee_bytes"] = committee.size();
  j["committee_checksum"] = checksum(committee);
  j["checksum"] = checksum(j.dump());
  make_directory(directory);
  replace_file(directory + "/committee.bin", committee);
  replace_file(directory + "/model.json", j.dump(1) + "\n");
}

LearnedModel load_model(const std::string& directory) {
  const std::string card_file = directory + "/model.json", committee_file = directory + "/committee.bin";
  VALIDATE(exists(card_file) && exists(committee_file), "{} is no model: it has no {} (the folder that a `workflow: learn` campaign leaves as RUN/model is one)", directory,
           exists(card_file) ? "committee.bin" : "model.json");
  try {
    return read_model(card_file, committee_file);
  } catch (const Json::exception& e) {  // an entry of another type, or none
    throw UserError(fmt::format("{} is truncated or altered ({})", card_file, altered));
  }
}

}  // namespace umbra
