#include "src/formats/extract.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "src/base/options.h"
#include "src/base/text.h"
#include "src/formats/lenient_json.h"
#include "src/formats/number.h"
#include "src/formats/slha.h"

namespace umbra {

struct Document::Json {
  nlohmann::json root;
  std::string fault;  ///< "" where the text is JSON
};

struct Document::Csv {
  std::vector<std::vector<std::string>> rows;
};

namespace {

using Words = std::vector<std::string>;

// The first of , ; and tab outside of quotes, else a space.
char separator_of(std::string_view line) {
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    else if (!quoted && (c == ',' || c == ';' || c == '\t')) return c;
  }
  return ' ';
}

// Cells of one line; quotes keep a separator inside a cell.
Words cells(std::string_view line) {
  const char separator = separator_of(line);
  Words all(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    else if (c != separator || quoted) all.back() += c;
    else if (separator != ' ' || !all.back().empty()) all.emplace_back();
  }
  if (separator == ' ' && all.size() > 1 && all.back().empty()) all.pop_back();
  for (std::string& cell : all) {
    const auto first = cell.find_first_not_of(" \t");
    cell = first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(" \t") + 1 - first);
  }
  return all;
}

Extracted as_number(const std::string& text, const std::string& what) {
  const auto value = read_number(text);
  if (value) return {value, false, ""};
  return {{}, false, fmt::format("{} is '{}', not a number", what, text.substr(0, 60))};
}

class SlhaExtract final : public Extract {
 public:
  SlhaExtract(SlhaKey key, std::string text) : key_(std::move(key)), text_(std::move(text)) {}
  Extracted find(const Document& document) const override {
    const auto found = document.slha().find(key_);
    return found ? as_number(*found, text_) : Extracted{{}, true, fmt::format("there is no entry {}", text_)};
  }

 private:
  SlhaKey key_;
  std::string text_;
};

class JsonExtract final : public Extract {
 public:
  explicit JsonExtract(const std::string& pointer) : pointer_(pointer) {}
  Extracted find(const Document& document) const override {
    const Document::Json& json = document.json();
    if (!json.fault.empty()) return {{}, false, json.fault};
    const std::string where = pointer_.to_string();
    if (!has(json.root)) return {{}, true, fmt::format("there is nothing at {}", where)};
    const nlohmann::json& found = json.root.at(pointer_);
    if (found.is_number()) return {found.get<double>(), false, ""};
    if (found.is_boolean()) return {found.get<bool>() ? 1.0 : 0.0, false, ""};
    return as_number(found.is_string() ? found.get<std::string>() : found.dump().substr(0, 60), where);
  }

 private:
  // A number that no list can have as its index is an exception of the library's, not an answer.
  bool has(const nlohmann::json& root) const {
    try {
      return root.contains(pointer_);
    } catch (const nlohmann::json::exception&) {
      return false;
    }
  }

  nlohmann::json::json_pointer pointer_;
};

class CsvExtract final : public Extract {
 public:
  CsvExtract(std::string column, long row) : column_(std::move(column)), row_(row) {}
  Extracted find(const Document& document) const override {
    const auto& rows = document.csv().rows;
    if (rows.empty()) return {{}, true, "it is empty"};
    const auto number = read_number(column_);
    const std::size_t header = std::all_of(rows[0].begin(), rows[0].end(), [](const std::string& cell) { return read_number(cell); }) ? 0 : 1;
    const auto named = header == 1 ? std::find(rows[0].begin(), rows[0].end(), column_) : rows[0].end();
    if (named == rows[0].end() && (!number || *number < 0)) return {{}, true, fmt::format("there is no column '{}'", column_)};
    const std::size_t column = named != rows[0].end() ? static_cast<std::size_t>(named - rows[0].begin()) : static_cast<std::size_t>(*number);
    const long data_rows = static_cast<long>(rows.size() - header), row = row_ < 0 ? data_rows + row_ : row_;
    if (row < 0 || row >= data_rows) return {{}, true, fmt::format("there is no row {}", row_)};
    const Words& line = rows[static_cast<std::size_t>(row) + header];
    if (column >= line.size()) return {{}, true, fmt::format("row {} has no column '{}'", row_, column_)};
    return as_number(line[column], fmt::format("column '{}'", column_));
  }

 private:
  std::string column_;
  long row_;
};

class RegexExtract final : public Extract {
 public:
  RegexExtract(LinePattern pattern, std::string text, bool last) : pattern_(std::move(pattern)), text_(std::move(text)), last_(last) {}
  Extracted find(const Document& document) const override {
    std::optional<std::string> found;
    try {
      found = pattern_.group(document.text(), last_);
    } catch (const PatternTooCostly& e) {
      return {{}, false, e.what()};
    }
    return found ? as_number(*found, fmt::format("what '{}' matches", text_)) : Extracted{{}, true, fmt::format("nothing matches '{}'", text_)};
  }

 private:
  LinePattern pattern_;
  std::string text_;
  bool last_;
};

}  // namespace

Document::Document(std::string text) : text_(std::move(text)) {}
Document::~Document() = default;
Document::Document(Document&&) noexcept = default;

const Slha& Document::slha() const {
  if (!slha_) slha_ = std::make_unique<Slha>(text_);
  return *slha_;
}

const Document::Json& Document::json() const {
  if (json_) return *json_;
  json_ = std::make_unique<Json>();
  json_->root = read_lenient_json(text_, json_->fault);
  return *json_;
}

const Document::Csv& Document::csv() const {
  if (csv_) return *csv_;
  csv_ = std::make_unique<Csv>();
  std::string_view rest = text_;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (csv_->rows.empty() && line.starts_with('#')) line.remove_prefix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos && !line.starts_with('#')) csv_->rows.push_back(cells(line));
  }
  return *csv_;
}

const std::vector<std::string>& Extract::keys() {
  static const std::vector<std::string> all = {"slha", "json", "csv", "regex", "row", "match"};
  return all;
}

std::unique_ptr<Extract> Extract::read(const Config& map, const std::string& where, Faults& faults) {
  const Config* source = nullptr;
  std::string kind;
  for (const char* key : {"slha", "json", "csv", "regex"}) {
    const Config* found = map.find(key);
    if (!found) continue;
    if (source) {
      faults.add(map.mark(), fmt::format("{}: both '{}' and '{}' are given, keep one", where, kind, key));
      return nullptr;
    }
    source = found;
    kind = key;
  }
  if (!source || !source->is_scalar()) {
    faults.add(map.mark(), fmt::format("{}: say where the number stands by one of slha: BLOCK INDEX, json: /POINTER, csv: COLUMN, regex: EXPRESSION", where));
    return nullptr;
  }
  const std::string& text = source->text();
  if (kind == "slha") {
    if (auto key = SlhaKey::parse(text)) return std::make_unique<SlhaExtract>(std::move(*key), text);
    faults.add(source->mark(), fmt::format("{}: '{}' names no SLHA entry, write for instance 'MASS 25', 'NMIX 1 3', 'DECAY 25' or 'DECAY 25 -> 5 -5'", where, text));
  } else if (kind == "json") {
    try {
      return std::make_unique<JsonExtract>(text);
    } catch (const nlohmann::json::exception&) {
      faults.add(source->mark(), fmt::format("{}: '{}' is no JSON pointer, write for instance /higgs/mass or /masses/0", where, text));
    }
  } else if (kind == "csv") {
    std::int64_t row = 0;
    if (const Config* r = map.find("row")) detail::read_option(*r, row, {}, where + ": row", faults);
    return std::make_unique<CsvExtract>(text, static_cast<long>(row));
  } else {
    std::string match = "first";
    if (const Config* m = map.find("match")) detail::read_option(*m, match, one_of({"first", "last"}), where + ": match", faults);
    return std::make_unique<RegexExtract>(LinePattern(text, source->mark(), where, faults), text, match == "last");
  }
  return nullptr;
}

}  // namespace umbra
