#include "src/samplers/coverage.h"

#include "src/samplers/archive.h"

namespace umbra {

std::vector<Task> Coverage::ask(std::size_t max) {
  std::vector<Task> tasks;
  std::vector<double> u(context_.dim);
  for (; tasks.size() < max && next_ < end_; next_ = slice_.from(next_ + 1)) {
    if (next_ < told_ || told_early_.contains(next_)) continue;
    place(next_, u);
    tasks.push_back({TaskKind::point, next_, pack(u)});
  }
  return tasks;
}

void Coverage::tell(const Outcome& outcome) {
  EXPECT(outcome.id < next_ && outcome.id >= told_ && !told_early_.contains(outcome.id));
  see(outcome);
  if (outcome.id != told_) {
    told_early_.insert(outcome.id);
    return;
  }
  told_ = slice_.from(told_ + 1);
  while (!told_early_.empty() && *told_early_.begin() == told_) {
    told_early_.erase(told_early_.begin());
    told_ = slice_.from(told_ + 1);
  }
}

void Coverage::take_slice(const Slice& slice) {
  slice_ = slice;
  next_ = told_ = slice.from(0);
}

void Coverage::save(std::ostream& out) const {
  save_archive(out, context_.dim, end_, told_, told_early_);
}

void Coverage::load(std::istream& in) {
  std::size_t dim = 0;
  TaskId end = 0;
  load_archive(in, dim, end, told_, told_early_);
  VALIDATE(dim == context_.dim && end == end_,
           "the saved state is of {} points in {} dimensions, this sampler has {} in {} (going on would mix two plans): use the options that the state was made with", end,
           dim, end_, context_.dim);
  next_ = told_;
}

}  // namespace umbra
