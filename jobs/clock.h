#pragma once
// Time of this process.

#include <chrono>

namespace umbra {

/// Unix time in s. Never runs backwards: the monotonic clock, set once by the wall clock when first called.
inline double unix_now() {
  using namespace std::chrono;
  const auto steady = [] { return duration<double>(steady_clock::now().time_since_epoch()).count(); };
  static const double offset = duration<double>(system_clock::now().time_since_epoch()).count() - steady();
  return offset + steady();
}

}  // namespace umbra
