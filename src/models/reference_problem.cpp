#include "src/models/reference_problem.h"

#include "src/base/error.h"
#include "src/base/text.h"

namespace umbra {

ReferenceProblems& ReferenceProblems::instance() {
  static ReferenceProblems problems;
  return problems;
}

bool ReferenceProblems::add(std::string name, Entry entry) { return entries_.emplace(std::move(name), std::move(entry)).second; }

ReferenceProblem reference_problem(const std::string& name, std::size_t dim) {
  const auto& entries = ReferenceProblems::instance().entries();
  std::vector<std::string> names;
  for (const auto& [known, entry] : entries) names.push_back(known);
  const auto found = entries.find(name);
  VALIDATE(found != entries.end(), "unknown reference problem '{}'{}", name, suggestion(name, names));
  const auto& entry = found->second;
  VALIDATE(dim >= entry.min_dim && dim <= entry.max_dim, "reference problem '{}' has no form in {} dimensions, use at least {}{}", name, dim,
           entry.min_dim, entry.max_dim == entry.min_dim ? " and no more" : "");
  return entry.make(dim);
}

}  // namespace umbra
