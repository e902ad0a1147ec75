#pragma once
// One number out of a file that a program wrote: by SLHA entry, JSON pointer, CSV column or regular expression.

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "src/base/config.h"

namespace umbra {

/// The text of an output file; parsed at most once per format, however many numbers are read from it. One thread at a time.
class Document {
 public:
  explicit Document(std::string text);
  ~Document();
  Document(Document&&) noexcept;

  const std::string& text() const { return text_; }
  const class Slha& slha() const;
  struct Json;
  const Json& json() const;
  struct Csv;
  const Csv& csv() const;

 private:
  std::string text_;
  mutable std::unique_ptr<Slha> slha_;
  mutable std::unique_ptr<Json> json_;
  mutable std::unique_ptr<Csv> csv_;
};

/// A number, or why there is none. `missing`: the place is not there (a branching ratio that is not listed); else what is there is no number.
struct Extracted {
  std::optional<double> value;
  bool missing = false;
  std::string why;
};

class Extract {
 public:
  /// The keys that read() understands, for the list of known keys of whoever embeds them.
  static const std::vector<std::string>& keys();
  /// Reads exactly one of
  ///   slha: "MASS 25" (or any other form of SlhaKey)      json: /pointer/of/rfc/6901
  ///   csv: column name (of a first line that has words) or number from 0, with `row` (from 0; negative from the end; default 0)
  ///   regex: ECMAScript with one group, matched line by line, with `match: first | last`
  /// Null, with a fault, where that fails.
  static std::unique_ptr<Extract> read(const Config& map, const std::string& where, Faults& faults);

  virtual ~Extract() = default;
  virtual Extracted find(const Document& document) const = 0;
};

/// A regular expression that goes back and forth on a text without end, or too deeply for the stack; says so.
struct PatternTooCostly : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A regular expression, matched line by line; lines are cut at 4096 characters. Its cost is bounded: both searches throw PatternTooCostly, after about a
/// second, where it would take longer.
class LinePattern {
 public:
  /// Adds a fault where the expression does not parse.
  LinePattern(const std::string& expression, Mark mark, const std::string& where, Faults& faults);
  ~LinePattern();
  LinePattern(LinePattern&&) noexcept;
  LinePattern& operator=(LinePattern&&) noexcept;
  /// The first line that matches, its first 300 characters.
  std::optional<std::string> find(const std::string& text) const;
  /// The first group (the whole match where there is none) of the first or last matching line.
  std::optional<std::string> group(const std::string& text, bool last) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace umbra
