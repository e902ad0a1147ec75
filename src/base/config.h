#pragma once
// A tree of scalars, lists and maps that knows where in the job file each piece stands. io/ makes it from YAML; everything else reads it.

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace umbra {

/// A place in a file, counted from 1; line 0: from nowhere (a default).
struct Mark {
  int line = 0;
  int column = 0;
  std::string source = {};  ///< what it is a place in, where that is not the job file ("override seed")
};

class Config {
 public:
  enum class Kind { null, scalar, list, map };
  struct Item;

  Config();
  Config(std::string scalar, Mark mark = {});
  Config(const char* scalar);
  Config(double number);

  static Config null(Mark mark);
  static Config list(std::vector<Config> elements, Mark mark = {});
  static Config map(std::vector<Item> items, Mark mark = {});

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_scalar() const { return kind_ == Kind::scalar; }
  bool is_list() const { return kind_ == Kind::list; }
  bool is_map() const { return kind_ == Kind::map; }
  const Mark& mark() const { return mark_; }

  /// The text of a scalar ("" otherwise).
  const std::string& text() const { return scalar_; }
  /// The elements of a list (none otherwise).
  const std::vector<Config>& elements() const { return elements_; }
  /// The entries of a map in the order of the file (none otherwise).
  const std::vector<Item>& items() const { return items_; }
  /// The value of a key, or nullptr.
  const Config* find(std::string_view key) const;
  /// Sets a key of a map (a null becomes a map), at the end where it is new.
  void set(std::string_view key, Config value, Mark key_mark = {});
  /// Sets `value` under a path of keys "a.b.c", making maps on the way.
  void set_path(std::string_view path, Config value);

  /// "a scalar", "a list" ..., for messages.
  static std::string_view describe(Kind kind);

 private:
  Kind kind_ = Kind::null;
  Mark mark_;
  std::string scalar_;
  std::vector<Config> elements_;
  std::vector<Item> items_;
};

struct Config::Item {
  std::string key;
  Config value;
  Mark mark;  ///< of the key
};

inline Config::Config() = default;
inline Config::Config(const char* scalar) : Config(std::string(scalar)) {}
inline Config::Config(std::string scalar, Mark mark) : kind_(Kind::scalar), mark_(mark), scalar_(std::move(scalar)) {}

/// Every fault of a job file, collected so that the user sees all of them at once.
class Faults {
 public:
  struct Fault {
    Mark mark;
    std::string text;
  };

  void add(Mark mark, std::string text) { faults_.push_back({mark, std::move(text)}); }
  bool empty() const { return faults_.empty(); }
  std::size_t size() const { return faults_.size(); }
  const std::vector<Fault>& all() const { return faults_; }
  /// One line a fault, "file:line:column: text", in the order of the file; then those of other sources, "source: text".
  std::string report(std::string_view file) const;
  /// Throws UserError with the report, unless there is none.
  void throw_if_any(std::string_view file) const;

 private:
  std::vector<Fault> faults_;
};

}  // namespace umbra
