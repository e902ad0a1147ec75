#pragma once
// Short YAML texts as Config trees, for tests. Needs nothing of io/.

#include <string>

#include "src/base/config.h"

namespace umbra::test {

/// Marks count lines and columns of the text from 1.
Config yaml(const std::string& text);

}  // namespace umbra::test
