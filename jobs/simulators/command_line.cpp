#include "jobs/simulators/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "jobs/simulators/guard.h"

namespace umbra {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(std::move(word));
  return words;
}

// The text without its {{ }}, whose operators are not the shell's.
std::string outside_brackets(const std::string& text) {
  std::string rest;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = text.find("{{", at), close = open == std::string::npos ? open : text.find("}}", open);
    if (close == std::string::npos) return rest + text.substr(at);
    rest += text.substr(at, open - at) + "0";
    at = close + 2;
  }
  return rest;
}

bool is_program(const fs::path& path) {
  std::error_code ignored;
  return access(path.c_str(), X_OK) == 0 && fs::is_regular_file(path, ignored);
}

bool on_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (is_program(fs::path(folder.empty() ? "." : folder) / name)) return true;
  return false;
}

}  // namespace

CommandLine::CommandLine(const std::string& text, const std::vector<std::string>& variables, const std::string& folder, Names names, Mark mark,
                         const std::string& where, Faults& faults) {
  const std::string plain = outside_brackets(text);
  std::vector<std::string> words = words_of(plain);
  if (words.empty()) {
    faults.add(mark, where + ": the command is empty");
    return;
  }
  shell_ = plain.find_first_of("|&;<>()$`\\\"'*?[]#~%!\n") != std::string::npos || words[0].find('=') != std::string::npos;
  program_ = fs::path(words[0]).filename();

  std::error_code ignored;
  const fs::path base = fs::absolute(folder, ignored);
  const bool checkable = words[0].find_first_of("$`\"'(={}~*") == std::string::npos;
  const bool has_folder = words[0].find('/') != std::string::npos;
  const std::string companion = checkable && !has_folder && !on_path(words[0]) ? companion_program(words[0]) : std::string();
  if (checkable && has_folder && !is_program(base / words[0]))
    faults.add(mark, fmt::format("{}: the program {} is not there or may not be executed, correct its path (relative ones start from {}) or chmod +x it", where,
                                 (base / words[0]).lexically_normal().string(), base.string()));
  else if (checkable && !has_folder && !shell_ && !on_path(words[0]) && companion.empty() && !(names == Names::every_word && is_program(base / words[0])))
    faults.add(mark, fmt::format("{}: the program '{}' is not on the PATH, install it, load its module or give its path", where, words[0]));

  std::string resolved = text;
  if (!companion.empty()) {
    resolved.replace(resolved.find(words[0]), words[0].size(), companion);
  } else if (names != Names::in_place && checkable) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string& word = words[i];
      const bool ours = i == 0 ? has_folder || (names == Names::every_word && !on_path(word)) : names == Names::every_word;
      at = resolved.find(word, at);
      if (at == std::string::npos) break;
      std::string path = word;
      if (ours && fs::path(word).is_relative() && fs::exists(base / word, ignored)) path = (base / word).lexically_normal();
      if (path.find(' ') != std::string::npos) {
        path = "'" + path + "'";
        shell_ = true;
      }
      resolved.replace(at, word.size(), path);
      at += path.size();
    }
  }
  text_ = TextTemplate(resolved, variables, mark, where, faults);
}

std::vector<std::string> CommandLine::arguments(std::span<const double> values) const {
  const std::string text = text_.render(values);
  if (shell_) return {"/bin/sh", "-c", text};
  return words_of(text);
}

}  // namespace umbra
