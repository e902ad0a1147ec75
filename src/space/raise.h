#pragma once
// For constructors that a registry calls, which tell of the user's faults by throwing.

#include "src/base/config.h"

namespace umbra {

/// Throws UserError with the texts of all faults, unless there is none.
void raise(const Faults& faults);

}  // namespace umbra
