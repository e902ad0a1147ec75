#include "src/formats/json_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "src/base/error.h"
#include "src/formats/lenient_json.h"
#include "src/formats/number.h"

namespace umbra {
namespace {

using nlohmann::json;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A cursor over the plain form of an answer, which nearly every line has.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}
  bool take(std::string_view word) {
    skip();
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  template <class Number>
  bool number(Number& value) {
    skip();
    const auto [end, error] = std::from_chars(at_, end_, value);
    // from_chars also knows words (inf, nan) and forms (1., .5) that JSON does not: those go the slow way or fail.
    if (error != std::errc{} || !(end[-1] >= '0' && end[-1] <= '9')) return false;
    at_ = end;
    return true;
  }
  bool at_end() {
    skip();
    return at_ == end_;
  }

 private:
  void skip() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  const char* at_;
  const char* end_;
};

// The first value that is NaN or +infinity, where one is.
using Wrong = std::optional<std::size_t>;

bool read_plain(std::string_view line, std::uint64_t& id, std::span<double> row, Wrong& wrong) {
  Scanner s(line);
  if (!s.take("{") || !s.take("\"id\"") || !s.take(":") || !s.number(id) || !s.take(",") || !s.take("\"values\"") || !s.take(":") || !s.take("[")) return false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0 && !s.take(",")) return false;
    if (s.number(row[i])) continue;
    if (s.take("null")) row[i] = nan;
    else if (s.take("NaN")) row[i] = nan, wrong = wrong.value_or(i);
    else if (s.take("Infinity")) row[i] = std::numeric_limits<double>::infinity(), wrong = wrong.value_or(i);
    else if (s.take("-Infinity")) row[i] = -std::numeric_limits<double>::infinity();
    else return false;
  }
  return s.take("]") && s.take("}") && s.at_end();
}

Answer bad(std::string why) { return {false, 0, Status::protocol_error, std::move(why)}; }

std::optional<double> value_of(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_null() || value == "NaN") return nan;
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  return {};
}

std::string excerpt(std::string_view line) { return std::string(line.substr(0, 120)); }

}  // namespace

bool sayable(Status status) {
  constexpr Status all[] = {Status::ok, Status::unphysical, Status::timeout, Status::no_output, Status::parse_error, Status::out_of_memory, Status::not_finite};
  return std::find(std::begin(all), std::end(all), status) != std::end(all);
}

std::string hello_line(const std::vector<std::string>& parameters) {
  return json{{"umbra", program_protocol_version}, {"parameters", parameters}}.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::vector<Column> read_hello(std::string_view line) {
  std::string fault;
  const json hello = read_lenient_json(line, fault);
  VALIDATE(hello.is_object() && hello.contains("umbra"),
           "the program's first line is '{}' (it must say which protocol it speaks), let it print {{\"umbra\": 1, \"columns\": [...]}} first", excerpt(line));
  VALIDATE(hello["umbra"] == program_protocol_version, "the program speaks version {} of the protocol, this Umbra speaks {}", hello["umbra"].dump(), program_protocol_version);
  VALIDATE(hello.contains("columns") && hello["columns"].is_array() && !hello["columns"].empty(), "the program's first line names no columns, add \"columns\": [\"name\", ...]");
  std::vector<Column> columns;
  for (const json& c : hello["columns"]) {
    Column column;
    const auto text = [&c](const char* key) { return c.is_object() && c.contains(key) && c[key].is_string() ? c[key].get<std::string>() : std::string(); };
    column.name = c.is_string() ? c.get<std::string>() : text("name");
    column.unit = text("unit");
    column.label = text("label");
    VALIDATE(!column.name.empty(), "the program's first line has the column {}, write \"name\" or {{\"name\": ..., \"unit\": ..., \"label\": ...}}", c.dump());
    VALIDATE(std::none_of(columns.begin(), columns.end(), [&](const Column& o) { return o.name == column.name; }), "the program names the column {} twice", column.name);
    columns.push_back(std::move(column));
  }
  return columns;
}

void write_point(std::string& line, std::uint64_t id, std::uint64_t seed, std::span<const double> theta) {
  std::array<char, 2048> piece;
  char* at = piece.data();
  line = "{\"id\":";
  line.append(piece.data(), std::to_chars(at, piece.end(), id).ptr);
  line += ",\"seed\":";
  line.append(piece.data(), std::to_chars(at, piece.end(), seed).ptr);
  line += ",\"theta\":[";
  for (std::size_t i = 0; i < theta.size(); ++i) {
    if (piece.end() - at < 64) {
      line.append(piece.data(), at);
      at = piece.data();
    }
    if (i > 0) *at++ = ',';
    at = std::isfinite(theta[i]) ? std::to_chars(at, piece.end(), theta[i]).ptr : std::copy_n("NaN", 3, at);
  }
  line.append(piece.data(), at);
  line += "]}\n";
}

Answer read_answer(std::string_view line, const std::vector<Column>& columns, std::span<double> row) {
  EXPECT(columns.size() == row.size());
  Answer answer{true, 0, Status::ok, ""};
  Wrong wrong;
  const auto finish = [&] {
    if (wrong && answer.status == Status::ok) answer.status = Status::not_finite, answer.message = columns[*wrong].name + " is " + (std::isnan(row[*wrong]) ? "NaN" : "infinite");
    return answer;
  };
  if (read_plain(line, answer.id, row, wrong)) return finish();

  wrong.reset();
  std::fill(row.begin(), row.end(), nan);
  std::string fault;
  const json j = read_lenient_json(line, fault);
  if (!j.is_object()) return bad("the answer is not a JSON object on one line: '" + excerpt(line) + "'");
  if (!j.contains("id") || !j["id"].is_number_unsigned()) return bad("the answer has no \"id\": '" + excerpt(line) + "'");
  answer.id = j["id"].get<std::uint64_t>();
  if (j.contains("message") && j["message"].is_string()) answer.message = j["message"].get<std::string>();
  if (j.contains("status")) {
    const std::string said = j["status"].is_string() ? j["status"].get<std::string>() : j["status"].dump();
    const auto known = std::find(status_names.begin(), status_names.end(), said);
    const auto status = static_cast<Status>(known - status_names.begin());
    if (known == status_names.end() || !sayable(status)) return bad("the answer has the status '" + excerpt(said) + "', which is none that a program may give");
    answer.status = status;
    if (answer.status != Status::ok && answer.message.empty()) answer.message = "the program says " + said;
    if (answer.status != Status::ok && !j.contains("values")) return answer;
  }
  if (!j.contains("values")) return bad("the answer has no \"values\": '" + excerpt(line) + "'");
  const json& values = j["values"];
  if (values.is_array() && values.size() != columns.size())
    return bad("the answer has " + std::to_string(values.size()) + " values for " + std::to_string(columns.size()) + " columns");
  if (!values.is_array() && !values.is_object()) return bad("\"values\" is neither a list nor a map");
  if (values.is_object())
    for (const auto& [key, value] : values.items())
      if (std::none_of(columns.begin(), columns.end(), [&k = key](const Column& c) { return c.name == k; })) return bad("\"values\" has the unknown column '" + excerpt(key) + "'");
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (values.is_object() && !values.contains(columns[i].name)) continue;
    const json& value = values.is_array() ? values[i] : values[columns[i].name];
    const auto number = value_of(value);
    if (number && !value.is_null() && !(*number < std::numeric_limits<double>::infinity())) wrong = wrong.value_or(i);
    if (number) row[i] = *number;
    else return bad("the value of " + columns[i].name + " is " + excerpt(value.dump(-1, ' ', false, json::error_handler_t::replace)) + ", not a number");
  }
  return finish();
}

}  // namespace umbra
