#include "src/formats/slha.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "src/base/error.h"

namespace umbra {
namespace {

constexpr std::string_view blank = " \t\r\v\f";

std::string capitals(std::string_view text) {
  std::string copy(text);
  for (char& c : copy)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return copy;
}

std::optional<long> whole(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

// One line, and where it lies in the file.
struct Line {
  std::size_t begin = 0, content_end = 0, end = 0;  ///< content_end: before the comment and the spaces ahead of it; end: past the line's end
  bool complete = false;                            ///< ends with a newline
  std::vector<std::string_view> words;
};

Line line_at(std::string_view file, std::size_t begin) {
  Line line;
  line.begin = begin;
  const std::size_t newline = file.find('\n', begin);
  line.complete = newline != std::string_view::npos;
  line.end = line.complete ? newline + 1 : file.size();
  const std::string_view whole_line = file.substr(begin, (line.complete ? newline : file.size()) - begin);
  const std::string_view content = whole_line.substr(0, whole_line.find('#'));
  line.content_end = begin + content.find_last_not_of(blank) + 1;  // npos + 1 is 0
  for (std::size_t at = content.find_first_not_of(blank); at != std::string_view::npos;) {
    const std::size_t end = std::min(content.find_first_of(blank, at), content.size());
    line.words.push_back(content.substr(at, end - at));
    at = content.find_first_not_of(blank, end);
  }
  return line;
}

// The name of the block that a line opens ("DECAY 25" for a decay), or "".
std::string opens(const Line& line) {
  if (line.words.size() < 2) return {};
  const std::string first = capitals(line.words[0]);
  if (first == "BLOCK") return capitals(line.words[1]);
  const auto particle = first == "DECAY" ? whole(line.words[1]) : std::nullopt;
  return particle ? fmt::format("DECAY {}", *particle) : std::string();
}

bool starts_with(const std::vector<std::string_view>& words, const std::vector<long>& indices) {
  if (words.size() <= indices.size()) return false;
  for (std::size_t i = 0; i < indices.size(); ++i)
    if (whole(words[i]) != indices[i]) return false;
  return true;
}

std::string block_name(const SlhaKey& key) { return key.block == "DECAY" && !key.indices.empty() ? fmt::format("DECAY {}", key.indices[0]) : key.block; }

}  // namespace

std::optional<SlhaKey> SlhaKey::parse(std::string_view text) {
  SlhaKey key;
  const std::size_t arrow = text.find("->");
  const std::string head(text.substr(0, arrow));
  const Line left = line_at(head, 0);
  if (left.words.empty() || whole(left.words[0])) return {};
  key.block = capitals(left.words[0]);
  for (std::size_t i = 1; i < left.words.size(); ++i) {
    const auto index = whole(left.words[i]);
    if (!index) return {};
    key.indices.push_back(*index);
  }
  if (key.block == "BLOCK" || (key.block == "DECAY" && key.indices.size() != 1)) return {};
  if (arrow == std::string_view::npos) return key;
  const std::string tail(text.substr(arrow + 2));
  for (const std::string_view word : line_at(tail, 0).words) {
    const auto product = whole(word);
    if (!product) return {};
    key.products.push_back(*product);
  }
  if (key.block != "DECAY" || key.products.size() < 2) return {};
  key.branching = true;
  std::sort(key.products.begin(), key.products.end());
  return key;
}

Slha::Slha(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Line line = line_at(text, at);
    at = line.end;
    if (std::string name = opens(line); !name.empty()) {
      const bool decay = name.starts_with("DECAY ");
      blocks_.push_back({std::move(name), decay && line.words.size() > 2 && line.complete ? std::string(line.words[2]) : std::string(), {}});
    } else if (!line.words.empty() && line.complete && !blocks_.empty()) {
      blocks_.back().entries.push_back({{line.words.begin(), line.words.end()}});
    }
  }
}

const Slha::Block* Slha::block(std::string_view name) const {
  for (const Block& b : blocks_)
    if (b.name == name) return &b;
  return nullptr;
}

bool Slha::has_block(std::string_view name) const { return block(capitals(name)) != nullptr; }

std::optional<std::string> Slha::find(const SlhaKey& key) const {
  const std::string name = block_name(key);
  for (const Block& b : blocks_) {
    if (b.name != name) continue;
    if (key.block == "DECAY" && !key.branching) return b.head.empty() ? std::nullopt : std::optional(b.head);
    for (const Entry& entry : b.entries) {
      const std::vector<std::string_view> words(entry.words.begin(), entry.words.end());
      if (key.branching) {
        if (words.size() < 2 || whole(words[1]) != static_cast<long>(key.products.size()) || words.size() < key.products.size() + 2) continue;
        std::vector<long> products;
        for (std::size_t i = 0; i < key.products.size(); ++i) products.push_back(whole(words[i + 2]).value_or(0));
        std::sort(products.begin(), products.end());
        if (products == key.products) return entry.words[0];
      } else if (starts_with(words, key.indices)) {
        // The value is all that is left: more indices than the key has would make it another entry.
        std::string value = entry.words[key.indices.size()];
        for (std::size_t i = key.indices.size() + 1; i < words.size(); ++i) value += " " + entry.words[i];
        return value;
      }
    }
  }
  return {};
}

std::vector<std::string> Slha::texts(std::string_view block_text, long index) const {
  std::vector<std::string> found;
  const std::string name = capitals(block_text);
  for (const Block& b : blocks_) {
    if (b.name != name) continue;
    for (const Entry& entry : b.entries) {
      if (whole(entry.words[0]) != index) continue;
      std::string text;
      for (std::size_t i = 1; i < entry.words.size(); ++i) text += (i > 1 ? " " : "") + entry.words[i];
      found.push_back(std::move(text));
    }
  }
  return found;
}

std::string set_slha(std::string_view file, const SlhaKey& key, std::string_view value) {
  EXPECT(!key.branching);
  const std::string name = block_name(key);
  std::string entry;
  for (const long i : key.indices) entry += fmt::format(" {:>5}", i);
  entry += fmt::format("   {}\n", value);

  bool inside = false;
  std::size_t block_end = std::string_view::npos;  // past the last line with anything on it
  for (std::size_t at = 0; at < file.size();) {
    const Line line = line_at(file, at);
    at = line.end;
    if (const std::string opened = opens(line); !opened.empty()) {
      if (inside) break;
      inside = opened == name;
      if (!inside) continue;
      block_end = line.end;
      if (key.block != "DECAY") continue;
      const std::size_t from = line.words.size() > 2 ? static_cast<std::size_t>(line.words[2].data() - file.data()) : line.content_end;
      return fmt::format("{}{}{}{}{}", file.substr(0, from), line.words.size() > 2 ? "" : "   ", value, file.substr(line.content_end), line.complete ? "" : "\n");
    }
    if (!inside || line.words.empty()) continue;
    block_end = line.end;
    if (!starts_with(line.words, key.indices)) continue;
    const std::size_t from = static_cast<std::size_t>(line.words[key.indices.size()].data() - file.data());
    return fmt::format("{}{}{}{}", file.substr(0, from), value, file.substr(line.content_end), line.complete ? "" : "\n");
  }
  if (block_end == std::string_view::npos) {
    const std::string_view newline = file.empty() || file.back() == '\n' ? "" : "\n";
    if (key.block == "DECAY") return fmt::format("{}{}{}   {}\n", file, newline, name, value);
    return fmt::format("{}{}Block {}\n{}", file, newline, name, entry);
  }
  const std::string_view before = file.substr(0, block_end);
  return fmt::format("{}{}{}{}", before, before.back() == '\n' ? "" : "\n", entry, file.substr(block_end));
}

}  // namespace umbra
