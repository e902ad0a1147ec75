#pragma once
// YAML text to Config and back.

#include <string>

#include "src/base/config.h"

namespace umbra {

/// Throws UserError ("file:line:column: ...") where the text is no YAML or not UTF-8; a key that stands twice in a map, a second document and an
/// alias inside its own anchor are faults.
Config parse_yaml(const std::string& text, const std::string& file, Faults& faults);
/// The value of an override on the command line: faults of it name `source` ("override seed") instead of a place in the job file.
Config parse_override(const std::string& text, const std::string& source, Faults& faults);

/// YAML that parse_yaml() reads back to the same tree.
std::string write_yaml(const Config& config);

}  // namespace umbra
