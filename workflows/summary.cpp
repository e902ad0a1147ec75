#include "workflows/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

namespace umbra {
namespace {

using Json = nlohmann::ordered_json;

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

struct NamedValue {
  std::string name;
  double value;
  std::string text = {};  ///< in place of the value
};

std::vector<NamedValue> parameters_of(const Summary& s, const Ledger::Best& point) {
  std::vector<NamedValue> all;
  const std::vector<double>& row = point.values;
  for (std::size_t i = 0; i < s.parameters.size() && s.first_parameter + i < row.size(); ++i) all.push_back({s.parameters[i], row[s.first_parameter + i]});
  return all;
}

// The best points side by side, a parameter a line.
std::string best_points_text(const Summary& s) {
  const std::span<const Ledger::Best> best = s.ledger->best_points();
  if (best.empty()) return {};
  std::size_t width = std::string_view("best points: id").size();
  for (const std::string& name : s.parameters) width = std::max(width, name.size());
  std::string text = fmt::format("\n{:<{}}", "best points: id", width);
  for (const Ledger::Best& b : best) text += fmt::format(" {:>12}", b.id);
  text += fmt::format("\n{:<{}}", "log_likelihood", width);
  for (const Ledger::Best& b : best) text += fmt::format(" {:>12.6g}", b.log_likelihood);
  for (std::size_t p = 0; p < s.parameters.size(); ++p) {
    text += fmt::format("\n{:<{}}", s.parameters[p], width);
    for (const Ledger::Best& b : best) text += fmt::format(" {:>12.6g}", b.values.at(s.first_parameter + p));
  }
  return text + "\n";
}

Json details_of(const Summary& s) { return s.details.empty() ? Json::object() : Json::parse(s.details); }

double value_of(const Json& j) { return j.is_number() ? j.get<double>() : std::numeric_limits<double>::quiet_NaN(); }

// Numbers of nested objects under names joined by '_'. Lists of objects are left to tables of their own.
void flatten(const Json& j, const std::string& name, std::vector<NamedValue>& out) {
  if (j.is_object()) {
    for (const auto& [key, value] : j.items()) flatten(value, name.empty() ? key : name + "_" + key, out);
  } else if (j.is_array()) {
    for (std::size_t i = 0; i < j.size() && !j[i].is_object(); ++i) flatten(j[i], fmt::format("{}_{}", name, i), out);
  } else {
    out.push_back({name, value_of(j), j.is_string() ? j.get<std::string>() : ""});
  }
}

// Rows need not have the same entries: NaN or an empty text stands for one that a row has not.
Group table_group(const std::string& name, const std::vector<Json>& rows) {
  Group group{"summary/" + name, {}, {}};
  std::vector<std::string> names;
  std::map<std::string, std::vector<double>> numbers;
  std::map<std::string, std::vector<std::string>> texts;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::vector<NamedValue> values;
    flatten(rows[r], "", values);
    for (const NamedValue& v : values) {
      if (!numbers.count(v.name)) {
        names.push_back(v.name);
        numbers[v.name].assign(rows.size(), std::numeric_limits<double>::quiet_NaN());
      }
      numbers[v.name][r] = v.value;
      if (v.text.empty()) continue;
      texts[v.name].resize(rows.size());
      texts[v.name][r] = v.text;
    }
  }
  for (const std::string& n : names) {
    if (texts.count(n)) group.series.push_back({n, texts[n], "", ""});
    else group.series.push_back({n, numbers[n], "", ""});
  }
  return group;
}

// A list of objects becomes a table, and a list of objects in these another one, whose rows begin as the row that they stand in does; anything else
// becomes attributes.
std::vector<Group> detail_groups(const std::string& name, const Json& j) {
  if (!j.is_array()) {
    Group group{"summary/" + name, {}, {}};
    std::vector<NamedValue> values;
    flatten(j, "", values);
    for (const NamedValue& v : values) group.attributes[v.name] = v.text.empty() ? Attribute(v.value) : Attribute(v.text);
    return {group};
  }
  std::vector<Json> rows;
  std::map<std::string, std::vector<Json>> inner;
  for (const Json& row : j) {
    rows.push_back(row);
    for (const auto& [key, list] : row.items()) {
      if (!list.is_array() || list.empty() || !list[0].is_object()) continue;
      for (const Json& entry : list) {
        Json joined = {{row.begin().key(), row.begin().value()}};
        joined.update(entry);
        inner[key].push_back(std::move(joined));
      }
    }
  }
  std::vector<Group> groups = {table_group(name, rows)};
  for (const auto& [key, entries] : inner) groups.push_back(table_group(name + "_" + key, entries));
  return groups;
}

std::string shown(const Json& j, int digits) { return j.is_number() ? fmt::format("{:.{}g}", j.get<double>(), digits) : "-"; }

// The entries of an object, each with its interval where it has one; bounds, and what is nested twice, are for files.
std::string detail_line(const Json& j, std::string indent = "  ") {
  std::string line, inner;
  for (const auto& [name, value] : j.items()) {
    const bool part = name.ends_with("_low") || name.ends_with("_high") || name.ends_with("_lowest") || name.ends_with("_highest");
    if (part || name == "asymptotic") continue;
    if (value.is_object()) {
      inner += "\n" + indent + "  " + name + detail_line(value, indent + "  ");
    } else if (value.is_string()) {
      line += "  " + value.get<std::string>();
    } else if (value.is_array() && !value.empty() && value[0].is_object()) {
      for (const Json& row : value) inner += "\n" + indent + detail_line(row, indent + "  ");
    } else if (value.is_array()) {
      line += fmt::format("  {} [", name);
      for (std::size_t i = 0; i < value.size(); ++i) line += (i == 0 ? "" : " ") + shown(value[i], 4);
      line += "]";
    } else {
      line += fmt::format("  {} {}", name, shown(value, 6));
      if (j.contains(name + "_low") && j.contains(name + "_high"))
        line += fmt::format(" [{} {}]", shown(j[name + "_low"], 4), shown(j[name + "_high"], 4));
    }
  }
  return line + inner;
}

std::string detail_text(const std::string& name, const Json& j) {
  std::string text = "\n" + name + "\n";
  if (!j.is_array()) return text + "  " + detail_line(j) + "\n";
  for (const Json& row : j) text += "  " + detail_line(row) + "\n";
  return text;
}

}  // namespace

std::string summary_json(const Summary& s) {
  Json j;
  j["name"] = s.name;
  j["ending"] = s.ending;
  j["evaluations"] = s.ledger->count();
  Json statuses = Json::object();
  for (std::size_t i = 0; i < status_names.size(); ++i)
    if (s.ledger->statuses()[i] > 0) statuses[std::string(status_names[i])] = s.ledger->statuses()[i];
  j["statuses"] = statuses;
  if (!s.ledger->best().values.empty()) {
    Json parameters = Json::object();
    for (const NamedValue& p : parameters_of(s, s.ledger->best())) parameters[p.name] = number(p.value);
    j["best"] = {{"id", s.ledger->best().id}, {"log_likelihood", number(s.ledger->best().log_likelihood)}, {"parameters", parameters}};
  }
  if (!std::isnan(s.busy_share)) j["busy_share"] = s.busy_share;
  for (const auto& [name, value] : s.sampler.numbers) j[name] = number(value);
  j.update(details_of(s));
  if (!s.sampler.warnings.empty()) j["warnings"] = s.sampler.warnings;
  return j.dump(2, ' ', false, decltype(j)::error_handler_t::replace) + "\n";  // a name taken from the file's may be any bytes
}

std::vector<Group> summary_groups(const Summary& s) {
  Group all{"summary", {}, {}};
  all.attributes["ending"] = s.ending;
  all.attributes["evaluations"] = static_cast<std::int64_t>(s.ledger->count());
  if (!std::isnan(s.busy_share)) all.attributes["busy_share"] = s.busy_share;
  for (const auto& [name, value] : s.sampler.numbers) all.attributes[name] = value;
  std::string warnings;
  for (const std::string& w : s.sampler.warnings) warnings += w + "\n";
  if (!warnings.empty()) all.attributes["warnings"] = warnings;

  Group statuses{"summary/statuses", {}, {}};
  for (std::size_t i = 0; i < status_names.size(); ++i) statuses.attributes[std::string(status_names[i])] = static_cast<std::int64_t>(s.ledger->statuses()[i]);
  std::vector<Group> groups = {all, statuses};

  if (!s.ledger->best().values.empty()) {
    Group best{"summary/best", {}, {}};
    best.attributes["id"] = static_cast<std::int64_t>(s.ledger->best().id);
    best.attributes["log_likelihood"] = s.ledger->best().log_likelihood;
    for (const NamedValue& p : parameters_of(s, s.ledger->best())) best.attributes[p.name] = p.value;
    groups.push_back(best);
  }
  const Json details = details_of(s);
  for (const auto& [name, value] : details.items())
    for (Group& g : detail_groups(name, value)) groups.push_back(std::move(g));
  if (!s.sampler.ids.empty()) {
    Group posterior{"posterior", {}, {}};
    posterior.series.push_back({"id", std::vector<std::int64_t>(s.sampler.ids.begin(), s.sampler.ids.end()), "", ""});
    std::vector<double> weight(s.sampler.log_weight.size());
    std::transform(s.sampler.log_weight.begin(), s.sampler.log_weight.end(), weight.begin(), [](double l) { return std::exp(l); });
    posterior.series.push_back({"weight", weight, "", "w"});
    posterior.series.push_back({"log_weight", s.sampler.log_weight, "", "\\ln w"});
    if (!s.sampler.log_prior_volume.empty()) posterior.series.push_back({"log_prior_volume", s.sampler.log_prior_volume, "", "\\ln X"});
    if (!s.sampler.birth_log_likelihood.empty()) posterior.series.push_back({"birth_log_likelihood", s.sampler.birth_log_likelihood, "", "\\ln L_{birth}"});
    const auto whole = [](const auto& values) { return std::vector<std::int64_t>(values.begin(), values.end()); };
    if (!s.sampler.mode.empty()) posterior.series.push_back({"mode", whole(s.sampler.mode), "", ""});
    if (!s.sampler.equal_weight.empty()) posterior.series.push_back({"equal_weight", whole(s.sampler.equal_weight), "", ""});
    groups.push_back(posterior);
  }
  return groups;
}

std::string summary_text(const Summary& s) {
  std::string text;
  const std::uint64_t total = std::max<std::uint64_t>(s.ledger->count(), 1);
  text += fmt::format("{:<18}{:>12}{:>9}   first message\n", "status", "points", "share");
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    const std::uint64_t n = s.ledger->statuses()[i];
    if (n == 0) continue;
    const auto example = s.ledger->examples().find(static_cast<Status>(i));
    const std::string message = example == s.ledger->examples().end() ? "" : fmt::format("{} (point {})", example->second.message, example->second.id);
    text += fmt::format("{:<18}{:>12}{:>8.2f}%   {}\n", status_names[i], n, 100.0 * static_cast<double>(n) / static_cast<double>(total), message);
  }
  text += best_points_text(s);
  if (!s.sampler.numbers.empty()) text += "\n";
  for (const auto& [name, value] : s.sampler.numbers) text += fmt::format("{:<28} {:.6g}\n", name, value);
  const Json details = details_of(s);
  for (const auto& [name, value] : details.items()) text += detail_text(name, value);
  for (const std::string& w : s.sampler.warnings) text += "warning: " + w + "\n";
  if (!std::isnan(s.busy_share)) text += fmt::format("busy share {:.3f}\n", s.busy_share);
  return text;
}

}  // namespace umbra
