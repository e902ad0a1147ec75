#include "src/samplers/generations.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/samplers/archive.h"

namespace umbra {

void Generations::start() { open(); }

void Generations::open() {
  while (open_.size() <= lag_) {
    const std::size_t size = next_size(open_.size());
    if (size == 0) return;
    Generation g{next_start_, std::vector<double>(size * dim()), std::vector<double>(size), epoch(), std::vector<unsigned char>(size, 0), size};
    for (std::size_t i = 0; i < size; ++i) {
      RandomStream stream(context_.seed, Purpose::propose, next_start_ + i);
      draw(stream, next_start_ + i, i, {&g.u[i * dim()], dim()});
    }
    next_start_ += size;
    open_.push_back(std::move(g));
  }
}

std::vector<Task> Generations::ask(std::size_t max) {
  std::vector<Task> tasks;
  std::vector<double> u(dim());
  for (const Generation& g : open_) {
    if (tasks.size() >= max) break;
    next_ask_ = std::max(next_ask_, g.start);  // the last ones of a generation before may have been told in an earlier start, and never asked in this
    for (; tasks.size() < max && next_ask_ < g.start + g.values.size(); ++next_ask_) {
      const std::size_t i = next_ask_ - g.start;
      if (g.told[i]) continue;
      for (std::size_t d = 0; d < dim(); ++d) u[d] = box_.inside(g.u[i * dim() + d], d);
      tasks.push_back({TaskKind::point, next_ask_, pack(u)});
    }
  }
  return tasks;
}

void Generations::tell(const Outcome& outcome) {
  const auto g = std::find_if(open_.begin(), open_.end(), [&](const Generation& x) { return outcome.id < x.start + x.values.size(); });
  EXPECT(g != open_.end() && outcome.id >= g->start && !g->told[outcome.id - g->start]);
  const double value = PointResult(outcome, dim()).rank_value();
  g->values[outcome.id - g->start] = std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
  g->told[outcome.id - g->start] = 1;
  --g->left;
  while (!open_.empty() && open_.front().left == 0) {
    learn(open_.front());
    open_.pop_front();
    open();
  }
}

void Generations::save(std::ostream& out) const {
  std::vector<std::uint64_t> starts, epochs;
  std::vector<std::vector<double>> u, values;
  std::vector<std::vector<unsigned char>> told;
  for (const Generation& g : open_) {
    starts.push_back(g.start);
    epochs.push_back(g.epoch);
    u.push_back(g.u);
    values.push_back(g.values);
    told.push_back(g.told);
  }
  save_archive(out, context_.dim, lag_, next_start_, starts, epochs, u, values, told, model());
}

void Generations::load(std::istream& in) {
  std::size_t dim = 0, lag = 0;
  TaskId next_start = 0;
  std::vector<std::uint64_t> starts, epochs;
  std::vector<std::vector<double>> u, values;
  std::vector<std::vector<unsigned char>> told;
  std::vector<double> model;
  load_archive(in, dim, lag, next_start, starts, epochs, u, values, told, model);
  VALIDATE(dim == this->dim() && lag == lag_, "the saved state is of {} dimensions with lag {}, this sampler has {} with {}: use the options that the state was made with", dim, lag,
           this->dim(), lag_);
  bool fits = epochs.size() == starts.size() && u.size() == starts.size() && values.size() == starts.size() && told.size() == starts.size();
  for (std::size_t i = 0; fits && i < starts.size(); ++i) fits = u[i].size() == values[i].size() * dim && told[i].size() == values[i].size();
  VALIDATE(fits, "the sampler's saved state is damaged (its parts do not fit together), start from the points told instead");
  set_model(model);
  open_.clear();
  for (std::size_t i = 0; i < starts.size(); ++i)
    open_.push_back({starts[i], std::move(u[i]), std::move(values[i]), epochs[i], told[i], static_cast<std::size_t>(std::count(told[i].begin(), told[i].end(), 0))});
  next_start_ = next_start;
  next_ask_ = open_.empty() ? next_start : open_.front().start;
}

}  // namespace umbra
