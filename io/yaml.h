#pragma once
// YAML text to Config and back.

#include <string>

#include "src/base/config.h"

namespace umbra {

/// Throws UserError ("file:line:column: ...") where the text is no YAML; a key that stands twice in a map is a fault.
Config parse_yaml(const std::string& text, const std::string& file, Faults& faults);

/// YAML that parse_yaml() reads back to the same tree.
std::string write_yaml(const Config& config);

}  // namespace umbra
