#pragma once
// Errors that all ranks agree on. A part of Store.

#include <cstddef>
#include <functional>
#include <vector>

#include "io/trouble.h"
#include "jobs/communicator.h"

namespace umbra {

/// Thrown on every rank alike.
struct SharedTrouble {
  Trouble trouble;
};

/// All ranks: runs `local` on each; where it threw on any, throws SharedTrouble on all. If `local` makes collective calls it must make them even after an error.
void together(const Communicator& ranks, const std::function<void()>& local);
/// The same, done by rank 0 alone.
void on_root(const Communicator& ranks, const std::function<void()>& local);

/// All ranks: rank 0 gets what each gave [ranks]; the others nothing.
std::vector<std::vector<std::byte>> gather_on_root(const Communicator& ranks, const std::vector<std::byte>& bytes);

}  // namespace umbra
