// Members of several kinds in one committee: they err differently.

#include <algorithm>

#include "src/base/error.h"
#include "src/learning/committee.h"
#include "src/space/raise.h"

namespace umbra {
namespace {

class Mixed final : public Committee {
 public:
  struct Options {
    Config members;
  };
  static OptionSet<Options> options() { return OptionSet<Options>().add("members", &Options::members, "a list of committees, each a map with its type and options", required()); }

  Mixed(const Options& options, const CommitteeContext& context) {
    VALIDATE(options.members.is_list() && !options.members.elements().empty(), "members: a list of committees is wanted, such as [{{type: forest}}, {{type: networks}}]");
    Faults faults;
    for (const Config& c : options.members.elements()) committees_.push_back(CommitteeRegistry::instance().make(c, faults, context));
    raise(faults);
    for (std::size_t i = 0; i < committees_.size(); ++i)
      for (std::size_t part = 0; part < committees_[i]->parts(); ++part) parts_.push_back({i, part});
  }

  std::string lacks() const override {
    for (const auto& c : committees_)
      if (const std::string text = c->lacks(); !text.empty()) return text;
    return {};
  }
  std::size_t parts() const override { return parts_.size(); }
  std::uint64_t most_points() const override {
    std::uint64_t least = Committee::most_points();
    for (const auto& c : committees_) least = std::min(least, c->most_points());
    return least;
  }
  std::unique_ptr<Voters> fit(const TrainingView& set, std::size_t part, std::uint64_t version) const override {
    return committees_[parts_.at(part).committee]->fit(set, parts_.at(part).part, version);
  }
  std::unique_ptr<Voters> load(std::istream& in, std::size_t part) const override {
    VALIDATE(part < parts_.size(), "there are more parts than the mixed committee has: the model is altered, train it again");
    return committees_[parts_[part].committee]->load(in, parts_[part].part);
  }

 private:
  struct Part {
    std::size_t committee, part;
  };
  std::vector<std::unique_ptr<Committee>> committees_;
  std::vector<Part> parts_;
};

[[maybe_unused]] const bool registered = CommitteeRegistry::instance().add<Mixed>("mixed", "members of several kinds; each vote counts alike");

}  // namespace
}  // namespace umbra
