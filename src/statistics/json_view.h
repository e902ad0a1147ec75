#pragma once
// A place in a JSON document that can say where it is: every fault of a user's file is a UserError that begins with its JSON path.
// Heavy (nlohmann-json): include it in .cpp files only.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/base/text.h"

namespace umbra {

using json = nlohmann::json;

class JsonView {
 public:
  explicit JsonView(const json& node, std::string path = "") : node_(&node), path_(std::move(path)) {}

  const json& node() const { return *node_; }
  std::string path() const { return path_.empty() ? "/" : path_; }

  bool has(const char* key) const { return node_->is_object() && node_->contains(key); }
  bool is_null() const { return node_->is_null(); }

  /// An object without other keys than these: a misspelt one would count for nothing.
  const JsonView& only(const std::vector<std::string>& known) const {
    VALIDATE(node_->is_object(), "{}: found {} (an object belongs here), correct the file", path(), kind());
    for (const auto& [key, value] : node_->items())
      VALIDATE(std::find(known.begin(), known.end(), key) != known.end(), "{}: unknown key '{}'{}", path(), key, suggestion(key, known));
    return *this;
  }
  /// The value of a key of an object; missing is a fault.
  JsonView operator[](const char* key) const {
    VALIDATE(node_->is_object(), "{}: found {} (an object with the key '{}' belongs here), correct the file", path(), kind(), key);
    VALIDATE(node_->contains(key), "{}: the key '{}' is missing (the model is incomplete without it), add it", path(), key);
    return JsonView((*node_)[key], path_ + "/" + key);
  }
  std::vector<JsonView> elements() const {
    VALIDATE(node_->is_array(), "{}: found {} (a list belongs here), correct the file", path(), kind());
    std::vector<JsonView> all;
    for (std::size_t i = 0; i < node_->size(); ++i) all.emplace_back((*node_)[i], path_ + "/" + std::to_string(i));
    return all;
  }
  double number() const {
    VALIDATE(node_->is_number(), "{}: found {} (a number belongs here), correct the file", path(), kind());
    return node_->get<double>();
  }
  std::vector<double> numbers() const {
    std::vector<double> all;
    for (const JsonView& element : elements()) all.push_back(element.number());
    return all;
  }
  std::string text() const {
    VALIDATE(node_->is_string(), "{}: found {} (a text belongs here), correct the file", path(), kind());
    return node_->get<std::string>();
  }
  bool boolean() const {
    VALIDATE(node_->is_boolean(), "{}: found {} (true or false belongs here), correct the file", path(), kind());
    return node_->get<bool>();
  }
  std::string kind() const { return std::string(node_->is_null() ? "nothing" : node_->type_name()); }

 private:
  const json* node_;
  std::string path_;
};

/// What has names by its names, which have to tell the elements of a list apart.
template <class T>
void sort_by_name(std::vector<T>& list, const JsonView& where, const char* noun) {
  std::sort(list.begin(), list.end(), [](const T& a, const T& b) { return a.name < b.name; });
  for (std::size_t i = 1; i < list.size(); ++i)
    VALIDATE(list[i].name != list[i - 1].name, "{}: two {} are called '{}' (names tell them apart), rename one", where.path(), noun, list[i].name);
}

}  // namespace umbra
