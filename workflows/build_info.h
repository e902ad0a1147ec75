#pragma once
// What was built how, and where it runs: written into every result.

#include <string>

namespace umbra {

/// "0.1.0"
std::string version();
/// Compiler, its version, build type.
std::string build_info();
/// The processor's features that change last bits or speed ("avx2 fma avx512f"), as the kernel names them.
std::string cpu_features();

}  // namespace umbra
