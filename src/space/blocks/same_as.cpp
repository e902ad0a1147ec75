#include <algorithm>
#include <cmath>

#include "src/base/error.h"
#include "src/space/parameter_block.h"

namespace umbra {
namespace {

class SameAs : public ParameterBlock {
 public:
  struct Options {
    std::string same_as;
    double factor = 1.0, offset = 0.0;
  };
  static OptionSet<Options> options() {
    return OptionSet<Options>()
        .add("same_as", &Options::same_as, "the earlier parameter that it follows", required())
        .add("factor", &Options::factor, "times this")
        .add("offset", &Options::offset, "plus this");
  }

  SameAs(const Options& o, const BlockContext& context)
      : column_(context.column), place_(context.earlier.size()), factor_(o.factor), offset_(o.offset) {
    VALIDATE(o.same_as != column_.name, "it is tied to itself, name another parameter");
    std::vector<std::string> known;
    for (const Column& c : context.earlier) known.push_back(c.name);
    source_ = static_cast<std::size_t>(std::find(known.begin(), known.end(), o.same_as) - known.begin());
    const bool later = source_ == known.size() && std::find(context.all.begin(), context.all.end(), o.same_as) != context.all.end();
    VALIDATE(!later, "it is tied to '{0}', which comes later (parameters are computed in the order of the list), move '{0}' before it", o.same_as);
    VALIDATE(source_ < known.size(), "it is tied to the unknown parameter '{}'{}", o.same_as, suggestion(o.same_as, known));
    VALIDATE(std::isfinite(factor_) && std::isfinite(offset_), "factor and offset must be finite");
    if (column_.unit.empty()) column_.unit = context.earlier[source_].unit;
  }
  std::unique_ptr<ParameterBlock> clone() const override { return std::make_unique<SameAs>(*this); }
  std::vector<Column> columns() const override { return {column_}; }
  void to_physical(std::span<const double>, std::span<double> theta) const override { theta[place_] = factor_ * theta[source_] + offset_; }

 private:
  Column column_;
  std::size_t place_, source_;
  double factor_, offset_;
};

[[maybe_unused]] const bool added = BlockRegistry::instance().add<SameAs>("same_as", "Tied to an earlier parameter: factor x value + offset");

}  // namespace
}  // namespace umbra
