#include "src/space/parameter_space.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.h"
#include "src/base/options.h"
#include "src/space/names.h"
#include "src/space/parameter_block.h"
#include "src/space/prior.h"

namespace umbra {
namespace {

/// One sampled parameter.
class PriorBlock : public ParameterBlock {
 public:
  PriorBlock(std::shared_ptr<const Prior> prior, const BlockContext& context)
      : prior_(std::move(prior)), column_(context.column), place_(context.earlier.size()), unit_(context.unit) {}
  std::unique_ptr<ParameterBlock> clone() const override { return std::make_unique<PriorBlock>(*this); }
  std::vector<Column> columns() const override { return {column_}; }
  std::size_t dim() const override { return 1; }
  void to_physical(std::span<const double> u, std::span<double> theta) const override { theta[place_] = prior_->quantile(u[unit_]); }
  void to_unit(std::span<const double> theta, std::span<double> u) const override { u[unit_] = std::clamp(prior_->cdf(theta[place_]), 0.0, 1.0); }
  double log_density(std::span<const double> theta) const override { return prior_->log_density(theta[place_]); }

 private:
  std::shared_ptr<const Prior> prior_;
  Column column_;
  std::size_t place_, unit_;
};

/// The keys that are not the prior's.
struct Common {
  std::string name, label, unit, prior;
  bool periodic = false;
};

void check_name(const std::string& name, Mark mark, Faults& faults) {
  if (!is_identifier(name))
    faults.add(
        mark,
        fmt::format("'{}' cannot be the name of a parameter (expressions could not use it), take letters, digits and '_', no digit first", name));
  else if (is_reserved(name))
    faults.add(mark, fmt::format("'{}' cannot be the name of a parameter (the result has a column of its own of this name or prefix), choose another",
                                 name));
}

std::string type_of(const Config& entry) {
  if (const Config* prior = entry.find("prior")) return prior->text();
  if (entry.find("same_as")) return "same_as";
  if (entry.find("value")) return "fixed";
  if (entry.find("expression")) return "derived";
  return "flat";
}

/// The names that the entries of a list give, good or bad.
std::vector<std::string> names_of(const Config& list) {
  std::vector<std::string> names;
  for (const Config& entry : list.elements()) {
    if (const Config* name = entry.find("name")) names.push_back(name->text());
    if (const Config* several = entry.find("names"))
      for (const Config& name : several->elements()) names.push_back(name.text());
  }
  return names;
}

/// The columns of a faulty block, as far as its names go.
std::vector<Column> columns_named(const Config& entry) {
  std::vector<Column> columns;
  if (const Config* names = entry.find("names"))
    for (const Config& name : names->elements()) columns.push_back({name.text(), "", "", Role::parameter});
  return columns;
}

}  // namespace

struct ParameterSpace::Impl {
  std::vector<std::unique_ptr<ParameterBlock>> blocks;
  std::vector<Column> columns;
  std::vector<std::string> names, unit_names;
  std::vector<bool> periodic;
  std::vector<double> lengths;

  Impl() = default;
  Impl(const Impl& o) : columns(o.columns), names(o.names), unit_names(o.unit_names), periodic(o.periodic), lengths(o.lengths) {
    for (const auto& b : o.blocks) blocks.push_back(b->clone());
  }

  void read(const Config& entry, const std::vector<std::string>& all, Faults& faults);
  // Of a faulty entry as well, so that others that refer to it are not reported too.
  void add(const std::vector<Column>& added, bool sampled, bool is_periodic, double length, Mark mark, Faults& faults);
};

void ParameterSpace::Impl::read(const Config& entry, const std::vector<std::string>& all, Faults& faults) {
  if (!entry.is_map())
    return faults.add(entry.mark(), fmt::format("parameters: expected a map such as {{name: x, prior: flat, range: [0, 1]}}, found {}",
                                                Config::describe(entry.kind())));
  const std::string type = type_of(entry);
  const auto& priors = PriorRegistry::instance().entries();
  const auto& blocks_known = BlockRegistry::instance().entries();
  const bool is_prior = priors.contains(type);
  const Config* name = entry.find("name");
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  const std::string where = name && name->is_scalar() ? "parameter '" + name->text() + "'" : "parameter";
  if (!is_prior && !blocks_known.contains(type)) {
    std::vector<std::string> known = PriorRegistry::instance().names();
    for (const auto& [k, e] : blocks_known) known.push_back(k);
    faults.add(entry.find("prior")->mark(), fmt::format("{}: unknown prior '{}'{}", where, type, suggestion(type, known)));
    if (name) add({{name->text(), "", "", Role::parameter}}, false, false, unknown, name->mark(), faults);
    return;
  }

  std::vector<std::string> own;
  for (const OptionDoc& doc : is_prior ? priors.at(type).options : blocks_known.at(type).options) own.push_back(doc.name);
  const bool several = std::find(own.begin(), own.end(), "names") != own.end();
  OptionSet<Common> keys;
  keys.add("prior", &Common::prior, "its distribution");
  if (!several)
    keys.add("name", &Common::name, "its name", required()).add("label", &Common::label, "LaTeX label").add("unit", &Common::unit, "unit");
  if (is_prior) keys.add("periodic", &Common::periodic, "whether both ends of its range are the same place");
  const Common common = keys.read(entry, faults, where, own);

  Config options = Config::map({}, entry.mark());
  options.set("type", type);
  for (const Config::Item& item : entry.items())
    if (std::find(own.begin(), own.end(), item.key) != own.end()) options.set(item.key, item.value, item.mark);
  const BlockContext context{{common.name, common.unit, common.label, Role::parameter}, columns, all, unit_names.size()};

  Faults inner;
  std::unique_ptr<ParameterBlock> block;
  double length = unknown;
  if (!is_prior) {
    block = BlockRegistry::instance().make(options, inner, context);
  } else if (std::shared_ptr<const Prior> prior = PriorRegistry::instance().make(options, inner)) {
    length = prior->length();
    block = std::make_unique<PriorBlock>(std::move(prior), context);
  }
  for (const Faults::Fault& f : inner.all()) faults.add(f.mark, where + ": " + f.text);
  if (common.periodic && !entry.find("range"))
    faults.add(entry.mark(), fmt::format("{}: periodic needs a range (its two ends are the same place)", where));
  const std::vector<Column> added = block ? block->columns() : several ? columns_named(entry) : std::vector<Column>{context.column};
  if (name || several) add(added, block && block->dim() > 0, common.periodic, length, name ? name->mark() : entry.mark(), faults);
  if (block) blocks.push_back(std::move(block));
}

void ParameterSpace::Impl::add(const std::vector<Column>& added, bool sampled, bool is_periodic, double length, Mark mark, Faults& faults) {
  for (const Column& column : added) {
    check_name(column.name, mark, faults);
    if (std::find(names.begin(), names.end(), column.name) != names.end())
      faults.add(mark, fmt::format("the parameter '{}' is listed twice (a column has one meaning), rename one", column.name));
    columns.push_back(column);
    names.push_back(column.name);
    if (!sampled) continue;
    unit_names.push_back(column.name);
    periodic.push_back(is_periodic);
    lengths.push_back(length);
  }
}

ParameterSpace::ParameterSpace() : impl_(std::make_unique<Impl>()) {}
ParameterSpace::ParameterSpace(const ParameterSpace& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
ParameterSpace::ParameterSpace(ParameterSpace&&) noexcept = default;
ParameterSpace& ParameterSpace::operator=(ParameterSpace other) {
  impl_ = std::move(other.impl_);
  return *this;
}
ParameterSpace::~ParameterSpace() = default;

ParameterSpace ParameterSpace::read(const Config& parameters, Faults& faults) {
  ParameterSpace space;
  if (!parameters.is_list() || parameters.elements().empty()) {
    faults.add(parameters.mark(), fmt::format("parameters: expected a list of parameters, found {}",
                                              parameters.is_list() ? "an empty one" : Config::describe(parameters.kind())));
    return space;
  }
  const std::size_t before = faults.size();
  const std::vector<std::string> all = names_of(parameters);
  for (const Config& entry : parameters.elements()) space.impl_->read(entry, all, faults);
  if (faults.size() == before && space.dim() == 0)
    faults.add(parameters.mark(), "parameters: all are fixed or follow others (there is nothing to vary), give at least one a distribution");
  return space;
}

std::size_t ParameterSpace::dim() const { return impl_->unit_names.size(); }
std::size_t ParameterSpace::size() const { return impl_->names.size(); }
const std::vector<Column>& ParameterSpace::columns() const { return impl_->columns; }
const std::vector<std::string>& ParameterSpace::names() const { return impl_->names; }
const std::vector<std::string>& ParameterSpace::unit_names() const { return impl_->unit_names; }
const std::vector<bool>& ParameterSpace::periodic() const { return impl_->periodic; }
const std::vector<double>& ParameterSpace::lengths() const { return impl_->lengths; }

void ParameterSpace::to_physical(std::span<const double> u, std::span<double> theta) const {
  EXPECT(u.size() == dim() && theta.size() == size());
  for (const auto& block : impl_->blocks) block->to_physical(u, theta);
}

void ParameterSpace::to_unit(std::span<const double> theta, std::span<double> u) const {
  EXPECT(u.size() == dim() && theta.size() == size());
  for (const auto& block : impl_->blocks) block->to_unit(theta, u);
}

bool ParameterSpace::contains(std::span<const double> theta) const { return log_density(theta) > -std::numeric_limits<double>::infinity(); }

double ParameterSpace::log_density(std::span<const double> theta) const {
  EXPECT(theta.size() == size());
  double sum = 0.0;
  for (const auto& block : impl_->blocks) sum += block->log_density(theta);
  return sum;
}

}  // namespace umbra
