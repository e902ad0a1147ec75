#include "src/space/constraints/limit.h"

namespace umbra {
namespace {

class LowerLimit : public Limit {
 public:
  LowerLimit(const Options& o, const ConstraintContext& context) : Limit(o, context, Side::lower) {}
};

[[maybe_unused]] const bool added = ConstraintRegistry::instance().add<LowerLimit>("lower", "A limit: values below it are excluded or unlikely");

}  // namespace
}  // namespace umbra
