#include "src/space/constraints/limit.h"

namespace umbra {
namespace {

class UpperLimit : public Limit {
 public:
  UpperLimit(const Options& o, const ConstraintContext& context) : Limit(o, context, Side::upper) {}
};

[[maybe_unused]] const bool added = ConstraintRegistry::instance().add<UpperLimit>("upper", "A limit: values above it are excluded or unlikely");

}  // namespace
}  // namespace umbra
