#pragma once
// Removing what a simulator left, whatever it did to it.

#include <string>

namespace umbra {

/// Removes a file, or a folder with everything in it, also where a program took away the right to (chmod 555). False where something stays. Never throws.
bool remove_tree(const std::string& path);

}  // namespace umbra
