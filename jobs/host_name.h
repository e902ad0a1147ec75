#pragma once
#include <string>

namespace umbra {

/// Of the machine that this process runs on.
std::string host_name();

}  // namespace umbra
