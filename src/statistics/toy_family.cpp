#include "src/statistics/toy_family.h"

#include <map>

#include "src/base/error.h"
#include "src/statistics/name_hash.h"

namespace umbra {

ToyFamily::ToyFamily(std::vector<Member> members, std::vector<std::string> labels) : members_(std::move(members)), labels_(std::move(labels)) {
  EXPECT(!members_.empty());
  std::map<std::uint64_t, std::uint32_t> known;
  for (const Member& member : members_) {
    std::vector<std::uint32_t> slots;
    for (const std::uint64_t key : member.data) slots.push_back(known.try_emplace(key, static_cast<std::uint32_t>(known.size())).first->second);
    slots_.push_back(std::move(slots));
  }
  num_slots_ = known.size();
}

std::uint64_t ToyFamily::stream(std::size_t i) const { return members_[i].name.empty() ? 0 : name_hash(members_[i].name); }

void ToyFamily::share(std::size_t from, const std::vector<double>& data, std::size_t to, std::vector<double>& out) const {
  EXPECT(members_[from].background == members_[to].background);
  std::vector<const double*> there(num_slots_, nullptr);
  for (std::size_t i = 0; i < slots_[from].size(); ++i) there[slots_[from][i]] = &data[i];
  for (std::size_t i = 0; i < slots_[to].size(); ++i)
    if (const double* number = there[slots_[to][i]]) out[i] = *number;
}

std::unique_ptr<ToyFamily> make_toy_family(const Config& model, Faults& faults) {
  const Config* type = model.find("type");
  const auto& families = ToyFamilyRegistry::instance().entries();
  if (type && families.count(type->text())) return ToyFamilyRegistry::instance().make(model, faults);
  if (type && type->is_scalar() && !ToyModelRegistry::instance().entries().count(type->text())) {
    std::vector<std::string> known = ToyModelRegistry::instance().names();
    for (const auto& [name, entry] : families) known.push_back(name);
    faults.add(type->mark(), fmt::format("unknown {} '{}'{}", ToyFamily::registry_noun, type->text(), suggestion(type->text(), known)));
    return nullptr;
  }
  auto single = ToyModelRegistry::instance().make(model, faults);
  return single ? std::make_unique<ToyFamily>(std::move(single)) : nullptr;
}

}  // namespace umbra
