#include "src/space/raise.h"

#include "src/base/error.h"

namespace umbra {

void raise(const Faults& faults) {
  if (faults.empty()) return;
  std::string text;
  for (const Faults::Fault& f : faults.all()) text += (text.empty() ? "" : "; ") + f.text;
  throw UserError(text);
}

}  // namespace umbra
