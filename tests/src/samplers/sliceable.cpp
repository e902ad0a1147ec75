// Slices of every sampler that can be sliced are together what it asks for as a whole.

#include "src/samplers/sliceable.h"

#include <map>
#include <sstream>

#include "src/samplers/sampler.h"
#include "tests/support/catch.h"

using namespace umbra;

namespace {

constexpr TaskId count = 200;

std::unique_ptr<Sampler> make(const std::string& type) {
  Faults faults;
  const SamplerContext context{.dim = 2, .periodic = {false, false}, .seed = 5, .evaluations = count};
  auto sampler = SamplerRegistry::instance().make(Config::map({{"type", type, {}}}), faults, context);
  REQUIRE(sampler);
  return sampler;
}

// Tasks below `count` that are asked for, each told at once; saved and loaded on the way.
std::map<TaskId, Payload> ask_all(const std::string& type, std::optional<Slice> slice) {
  const auto made = [&] {
    auto sampler = make(type);
    if (slice) dynamic_cast<Sliceable&>(*sampler).take_slice(*slice);
    return sampler;
  };
  auto sampler = made();
  std::map<TaskId, Payload> all;
  for (int turn = 0;; ++turn) {
    const std::vector<Task> tasks = sampler->ask(7);
    bool new_one = false;
    for (const Task& t : tasks) {
      if (t.id >= count) continue;
      new_one = all.emplace(t.id, t.payload).second;
      CHECK(new_one);
      Outcome o;
      o.id = t.id;
      const auto u = doubles(t.payload);
      o.values.assign(u.begin(), u.end());
      o.values.push_back(0.0);
      sampler->tell(o);
    }
    if (!new_one) break;
    if (turn == 3) {
      std::stringstream state;
      sampler->save(state);
      sampler = made();
      sampler->load(state);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("slices are together the whole") {
  std::vector<std::string> sliceable;
  for (const auto& [type, entry] : SamplerRegistry::instance().entries()) {
    Faults faults;
    const SamplerContext context{.dim = 2, .periodic = {false, false}, .seed = 5, .evaluations = count};
    const auto sampler = SamplerRegistry::instance().make(Config::map({{"type", type, {}}}), faults, context);
    if (dynamic_cast<const Sliceable*>(sampler.get())) sliceable.push_back(type);
  }
  CHECK(sliceable == std::vector<std::string>{"grid", "latin_hypercube", "random", "sobol"});
  for (const std::string& type : sliceable) {
    INFO(type);
    const auto whole = ask_all(type, std::nullopt);
    for (const std::uint64_t slices : {1, 2, 3, 10}) {
      std::map<TaskId, Payload> joined;
      for (std::uint64_t index = 0; index < slices; ++index)
        for (const auto& [id, payload] : ask_all(type, Slice{index, slices})) CHECK(joined.emplace(id, payload).second);
      CHECK(joined == whole);
    }
  }
}
