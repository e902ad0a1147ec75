#include "src/learning/candidates.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.h"
#include "src/base/random.h"
#include "src/samplers/sampler.h"

namespace umbra {
namespace {

constexpr int most_draws = 1000;  // then the point is taken as it is, and becomes a row that is skipped

class Fresh final : public Candidates {
 public:
  Fresh(std::size_t dim, std::uint64_t seed, std::uint64_t count, Allowed allowed) : dim_(dim), seed_(seed), count_(count), allowed_(std::move(allowed)) {}
  std::uint64_t count() const override { return count_; }
  void make(std::uint64_t step, std::uint64_t first, std::span<double> u, const Scorer&) const override {
    for (std::size_t i = 0; i * dim_ < u.size(); ++i) {
      RandomStream stream(seed_, Purpose::select, first + i, step);
      const auto point = u.subspan(i * dim_, dim_);
      for (int draws = 0; draws < most_draws; ++draws) {
        stream.fill_uniform(point);
        if (!allowed_ || allowed_(point)) break;
      }
    }
  }

 private:
  std::size_t dim_;
  std::uint64_t seed_, count_;
  Allowed allowed_;
};

class Pool final : public Candidates {
 public:
  Pool(std::size_t dim, std::vector<double> u) : dim_(dim), u_(std::move(u)) {}
  std::uint64_t count() const override { return u_.size() / dim_; }
  void make(std::uint64_t, std::uint64_t first, std::span<double> u, const Scorer&) const override { std::copy_n(u_.begin() + static_cast<std::ptrdiff_t>(first * dim_), u.size(), u.begin()); }
  bool fixed() const override { return true; }

 private:
  std::size_t dim_;
  std::vector<double> u_;
};

class Proposed final : public Candidates {
 public:
  Proposed(std::size_t dim, std::uint64_t seed, std::uint64_t count, Config sampler, std::uint64_t slice, Allowed allowed)
      : dim_(dim), seed_(seed), count_(count), slice_(slice), sampler_(std::move(sampler)), allowed_(std::move(allowed)) {}
  std::uint64_t count() const override { return count_; }

  void make(std::uint64_t step, std::uint64_t first, std::span<double> u, const Scorer& scorer) const override {
    const std::size_t size = u.size() / dim_;
    Faults none;
    const auto sampler = SamplerRegistry::instance().make(sampler_, none, context(RandomStream(seed_, Purpose::select, first, step)()));
    EXPECT(sampler != nullptr);
    std::size_t made = 0;
    std::vector<double> scores;
    while (made < size) {
      const std::vector<Task> tasks = sampler->ask(size - made);
      if (tasks.empty()) break;
      const auto block = u.subspan(made * dim_, tasks.size() * dim_);
      for (std::size_t i = 0; i < tasks.size(); ++i) std::ranges::copy(doubles(tasks[i].payload), block.begin() + static_cast<std::ptrdiff_t>(i * dim_));
      scores.resize(tasks.size());
      scorer(block, scores);
      for (std::size_t i = 0; i < tasks.size(); ++i) {
        Outcome o;
        o.id = tasks[i].id;
        const auto point = block.subspan(i * dim_, dim_);
        o.values.assign(point.begin(), point.end());
        o.status = allowed_ && !allowed_(point) ? Status::skipped : Status::ok;
        o.values.push_back(std::log(std::max(scores[i], std::numeric_limits<double>::min())));
        sampler->tell(o);
      }
      made += tasks.size();
    }
    // A sampler that is done early leaves room for draws from the prior.
    if (made < size) Fresh(dim_, seed_, size, allowed_).make(step, first + made, u.subspan(made * dim_), scorer);
  }

  void draw(std::uint64_t step, std::uint64_t index, std::span<double> u) const override { Fresh(dim_, seed_, count_, allowed_).make(step, index, u, nullptr); }
  bool single() const override { return false; }

  SamplerContext context(std::uint64_t seed) const { return {.dim = dim_, .periodic = std::vector<bool>(dim_, false), .seed = seed, .evaluations = slice_}; }

 private:
  std::size_t dim_;
  std::uint64_t seed_, count_, slice_;
  Config sampler_;
  Allowed allowed_;
};

}  // namespace

std::unique_ptr<Candidates> fresh_candidates(std::size_t dim, std::uint64_t seed, std::uint64_t count, Allowed allowed) {
  return std::make_unique<Fresh>(dim, seed, count, std::move(allowed));
}

std::unique_ptr<Candidates> pool_candidates(std::size_t dim, std::vector<double> u) { return std::make_unique<Pool>(dim, std::move(u)); }

std::unique_ptr<Candidates> proposed_candidates(std::size_t dim, std::uint64_t seed, std::uint64_t count, const Config& sampler, std::uint64_t slice, Allowed allowed, Faults& faults) {
  auto made = std::make_unique<Proposed>(dim, seed, count, sampler, slice, std::move(allowed));
  if (!SamplerRegistry::instance().make(sampler, faults, made->context(seed))) return nullptr;
  return made;
}

}  // namespace umbra
