#include <cmath>

#include "src/base/error.h"
#include "src/space/parameter_block.h"

namespace umbra {
namespace {

class Fixed : public ParameterBlock {
 public:
  struct Options {
    double value = 0.0;
  };
  static OptionSet<Options> options() { return OptionSet<Options>().add("value", &Options::value, "its value at every point", required()); }

  Fixed(const Options& o, const BlockContext& context) : column_(context.column), place_(context.earlier.size()), value_(o.value) {
    VALIDATE(std::isfinite(value_), "the value {} is not finite, give a number", value_);
  }
  std::unique_ptr<ParameterBlock> clone() const override { return std::make_unique<Fixed>(*this); }
  std::vector<Column> columns() const override { return {column_}; }
  void to_physical(std::span<const double>, std::span<double> theta) const override { theta[place_] = value_; }

 private:
  Column column_;
  std::size_t place_;
  double value_;
};

[[maybe_unused]] const bool added = BlockRegistry::instance().add<Fixed>("fixed", "One value, not sampled");

}  // namespace
}  // namespace umbra
