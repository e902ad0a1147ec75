#include "src/base/error.h"

namespace umbra {

void contract_violated(const char* kind, const char* condition, const char* file, int line) {
  throw ContractViolation(fmt::format("{}({}) broken at {}:{} (a bug in Umbra: please report it)", kind, condition, file, line));
}

}  // namespace umbra
