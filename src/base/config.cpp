#include "src/base/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "src/base/error.h"

namespace umbra {

Config::Config(double number) : Config(fmt::format("{}", number)) {}

Config Config::null(Mark mark) {
  Config c;
  c.mark_ = std::move(mark);
  return c;
}

Config Config::list(std::vector<Config> elements, Mark mark) {
  Config c;
  c.kind_ = Kind::list;
  c.mark_ = mark;
  c.elements_ = std::move(elements);
  return c;
}

Config Config::map(std::vector<Item> items, Mark mark) {
  Config c;
  c.kind_ = Kind::map;
  c.mark_ = mark;
  c.items_ = std::move(items);
  return c;
}

const Config* Config::find(std::string_view key) const {
  for (const Item& item : items_)
    if (item.key == key) return &item.value;
  return nullptr;
}

void Config::set(std::string_view key, Config value, Mark key_mark) {
  EXPECT(kind_ == Kind::map || kind_ == Kind::null);
  kind_ = Kind::map;
  for (Item& item : items_) {
    if (item.key != key) continue;
    item.value = std::move(value);
    return;
  }
  items_.push_back({std::string(key), std::move(value), key_mark});
}

void Config::set_path(std::string_view path, Config value) {
  VALIDATE(is_null() || is_map(), "cannot set '{}' inside {}: the job file has no map there", path, describe(kind_));
  const auto dot = path.find('.');
  const Mark mark = value.mark();
  if (dot == std::string_view::npos) return set(path, std::move(value), mark);
  const std::string_view head = path.substr(0, dot);
  if (!find(head)) set(head, Config::map({}, mark), mark);
  for (Item& item : items_)
    if (item.key == head) item.value.set_path(path.substr(dot + 1), std::move(value));
}

std::string_view Config::describe(Kind kind) {
  constexpr std::string_view names[] = {"nothing", "a single value", "a list", "a map of keys and values"};
  return names[static_cast<int>(kind)];
}

std::string Faults::report(std::string_view file) const {
  std::vector<Fault> sorted = faults_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Fault& a, const Fault& b) {
    return std::tie(a.mark.source, a.mark.line, a.mark.column) < std::tie(b.mark.source, b.mark.line, b.mark.column);
  });
  std::string text;
  for (const Fault& f : sorted)
    text += !f.mark.source.empty() ? fmt::format("{}: {}\n", f.mark.source, f.text) : f.mark.line > 0 ? fmt::format("{}:{}:{}: {}\n", file, f.mark.line, f.mark.column, f.text) : fmt::format("{}: {}\n", file, f.text);
  if (!text.empty()) text.pop_back();
  return text;
}

void Faults::throw_if_any(std::string_view file) const {
  if (!empty()) throw UserError(report(file));
}

}  // namespace umbra
