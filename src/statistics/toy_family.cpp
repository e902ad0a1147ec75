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

ToyFamily ToyFamily::join(const std::vector<std::pair<std::string, std::unique_ptr<ToyFamily>>>& models) {
  std::vector<Member> all;
  for (const auto& [name, family] : models) {
    const std::size_t first = all.size();
    for (Member member : family->members_) {
      member.list_name = name;
      member.name = member.name.empty() ? name : name + "/" + member.name;
      member.values.clear();  // of labels that other models do not have
      member.background += first;
      if (first > 0) member.difference = "they are models of their own";
      all.push_back(std::move(member));
    }
  }
  return {std::move(all), {}};
}

std::uint64_t ToyFamily::stream(std::size_t i) const { return members_[i].name.empty() ? 0 : name_hash(members_[i].name); }

std::uint64_t ToyFamily::background_stream(std::size_t i) const { return members_[i].list_name.empty() ? 0 : name_hash(members_[i].list_name); }

void ToyFamily::share(std::size_t from, const std::vector<double>& data, std::size_t to, std::vector<double>& out) const {
  EXPECT(members_[from].background == members_[to].background);
  std::vector<const double*> there(num_slots_, nullptr);
  for (std::size_t i = 0; i < slots_[from].size(); ++i) there[slots_[from][i]] = &data[i];
  for (std::size_t i = 0; i < slots_[to].size(); ++i)
    if (const double* number = there[slots_[to][i]]) out[i] = *number;
}

namespace {

std::unique_ptr<ToyFamily> make_models(const Config& list, Faults& faults) {
  const std::size_t before = faults.size();
  std::vector<std::pair<std::string, std::unique_ptr<ToyFamily>>> models;
  for (const Config& element : list.elements()) {
    const Config* name = element.find("name");
    if (!name || !name->is_scalar() || name->text().empty()) {
      faults.add(element.mark(), "model: each of several models has a name: {name: search_a, type: histfactory, ...}");
      continue;
    }
    if (name->text().find('/') != std::string::npos) faults.add(name->mark(), fmt::format("model: the name '{}' has a '/', which parts a model from its patch: take another", name->text()));
    for (const auto& [other, family] : models)
      if (other == name->text()) faults.add(name->mark(), fmt::format("model: '{}' is the name of another model too: each has its own", other));
    std::vector<Config::Item> rest;
    for (const Config::Item& item : element.items())
      if (item.key != "name") rest.push_back(item);
    models.emplace_back(name->text(), make_toy_family(Config::map(std::move(rest), element.mark()), faults));
  }
  if (list.elements().empty()) faults.add(list.mark(), "model: the list is empty: name a model, {name: search_a, type: histfactory, ...}");
  return faults.size() == before ? std::make_unique<ToyFamily>(ToyFamily::join(models)) : nullptr;
}

}  // namespace

std::unique_ptr<ToyFamily> make_toy_family(const Config& model, Faults& faults) {
  if (model.is_list()) return make_models(model, faults);
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
