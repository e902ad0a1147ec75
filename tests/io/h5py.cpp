// The result opens in what its users already use: h5py, from any working directory, after the run has been moved.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "io/store.h"
#include "tests/io/store_case.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace umbra;
using namespace umbra::store_case;

namespace {

constexpr const char* script = R"(
import sys, h5py, numpy as np
f = h5py.File(sys.argv[1], 'r')
merged = sys.argv[2] == 'merged'
p = f['points']
n = 20
assert f.attrs['merged'] == merged and f.attrs['generation'] == 2 and f.attrs['seed'] == 7 and f.attrs['job'] == b'name: x', dict(f.attrs)
assert list(p) == ['id', 'status', 'phase', 'rank', 'host', 'start', 'duration', 'u_x', 'x', 'log_likelihood'], list(p)
ids = p['id'][:]
if merged:
    assert (ids == np.arange(n)).all()
    assert len(f['surplus/id']) == 5 and f['surplus/id'][0] == n
    assert f['summary'].attrs['best'] == 0.5 and list(f['posterior/log_weight'][:]) == [-1.0, -2.0]
    assert not p['x'].is_virtual
else:
    assert sorted(ids) == list(range(n + 5)) and p['x'].is_virtual
assert (p['x'][:] == ids * 0.37).all()
assert all(p['host'][:] == p['host'][0]) and len(p['host'][0]) > 0
assert set(p['status'][:]) == {0, 2}
assert p['x'].attrs['unit'] == b'GeV' and p['x'].attrs['label'] == b'x' and p['x'].attrs['role'] == b'parameter', dict(p['x'].attrs)
assert b'2 timeout' in p['status'].attrs['legend']
failures = f['failures']
i = list(failures['id'][:]).index(3)
assert failures['message'][i] == b'too slow: 3' and failures['status'][i] == 2
assert (f['toys/hypothesis'][:] == f['toys/id'][:]).all() and len(f['toys/q']) == sum(3 + i % 4 for i in range(n + 5))
)";

}  // namespace

TEST_CASE("h5py reads the result while the campaign runs, and merged") {
  if (std::system("/usr/bin/python3 -c 'import h5py' 2> /dev/null") != 0) {
    WARN("skipped: /usr/bin/python3 has no h5py");
    return;
  }
  const TemporaryDirectory folder;
  const std::string run = folder.path() + "/run", python = folder.path() + "/read.py";
  std::ofstream(python) << script;
  StoreOptions options;
  options.attributes = {{"seed", std::int64_t{7}}, {"job", "name: x"}};
  const auto store = Store::open(run, tables(), Communicator::self(), options);
  for (TaskId id = 0; id < 25; ++id) {
    store->sink().keep(point(id, 0));
    store->sink().keep(toys(id, 0));
    if (id == 11) store->execute(store->drain(1, {24}, "a"));
  }
  store->execute(store->drain(2, {50}, "b"));
  const auto reads = [&](const std::string& directory, const std::string& how) {
    return std::system(("cd / && /usr/bin/python3 " + python + " " + directory + "/results.h5 " + how).c_str()) == 0;
  };
  CHECK(reads(run, "running"));
  std::filesystem::rename(run, run + "-moved");
  CHECK(reads(run + "-moved", "running"));
  std::filesystem::rename(run + "-moved", run);
  store->execute(store->merge({{"points", 20}}, {{.path = "summary", .attributes = {{"best", 0.5}}, .series = {}},
                                                 {.path = "posterior", .attributes = {}, .series = {{.name = "log_weight", .values = std::vector<double>{-1, -2}, .unit = "", .label = ""}}}}));
  CHECK(reads(run, "merged"));
}
