#pragma once
// What a column of a result table is called and means; written as HDF5 attributes.

#include <string>
#include <vector>

namespace umbra {

enum class Role { parameter, observable, likelihood, bookkeeping };

constexpr const char* name(Role r) {
  constexpr const char* names[] = {"parameter", "observable", "likelihood", "bookkeeping"};
  return names[static_cast<int>(r)];
}

struct Column {
  std::string name;
  std::string unit;   ///< "" for a pure number
  std::string label;  ///< LaTeX, without dollars
  Role role = Role::observable;
};

}  // namespace umbra
