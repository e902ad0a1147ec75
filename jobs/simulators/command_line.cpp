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

// As one word of the shell's.
std::string for_shell(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) c == '\'' ? quoted += "'\\''" : quoted += c;
  return quoted + "'";
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

  // What each word is replaced by: programs and files in their folder, whose names the shell must not take apart.
  std::vector<std::string> paths = words;
  if (!companion.empty()) {
    paths[0] = companion;
  } else if (names != Names::in_place && checkable) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool ours = i == 0 ? has_folder || (names == Names::every_word && !on_path(words[i])) : names == Names::every_word;
      if (ours && fs::path(words[i]).is_relative() && fs::exists(base / words[i], ignored)) paths[i] = (base / words[i]).lexically_normal();
    }
  }
  for (std::size_t i = 0; i < words.size(); ++i) shell_ = shell_ || (paths[i] != words[i] && paths[i].find_first_of(" \t\n") != std::string::npos);
  std::string resolved = text;
  for (std::size_t i = 0, at = 0; i < words.size(); ++i) {
    at = resolved.find(words[i], at);
    if (at == std::string::npos) break;
    const std::string path = paths[i] != words[i] && shell_ ? for_shell(paths[i]) : paths[i];
    resolved.replace(at, words[i].size(), path);
    at += path.size();
  }
  text_ = TextTemplate(resolved, variables, mark, where, faults);
}

std::vector<std::string> CommandLine::arguments(std::span<const double> values) const {
  const std::string text = text_.render(values);
  if (shell_) return {"/bin/sh", "-c", text};
  return words_of(text);
}

}  // namespace umbra
