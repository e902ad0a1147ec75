#pragma once
// A command as a user writes it, and what to start for it.

#include <span>
#include <string>
#include <vector>

#include "src/base/config.h"
#include "src/formats/text_template.h"

namespace umbra {

/// A command with {{ expressions }} in it. A program that is not on the PATH may be one of Umbra's own. Plain words are started as they are; where there is a quote, <, >, |, $ or anything else that a shell
/// reads, /bin/sh runs it.
class CommandLine {
 public:
  /// Where files that the command names lie.
  enum class Names {
    program,     ///< a program with a / in its name is taken from `folder`; other words are left alone
    every_word,  ///< every word that names something in `folder` is taken from there
    in_place,    ///< the command runs in (a copy of) `folder`
  };

  CommandLine() = default;
  /// Adds faults for templates and for a program that is not there or may not be run.
  CommandLine(const std::string& text, const std::vector<std::string>& variables, const std::string& folder, Names names, Mark mark, const std::string& where,
              Faults& faults);

  /// The program and its arguments. @param values parallel to `variables`
  std::vector<std::string> arguments(std::span<const double> values) const;
  /// The program's name, for messages.
  const std::string& program() const { return program_; }
  bool through_shell() const { return shell_; }

 private:
  TextTemplate text_;
  std::string program_;
  bool shell_ = false;
};

}  // namespace umbra
