// Points that a user brings: which file is read, and what is said of one that is unclear.

#include "io/point_table.h"

#include <filesystem>

#include "io/file.h"
#include "io/hdf5.h"
#include "src/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace umbra;

namespace {

const WantedColumns wanted{{"x", "y"}, {}, {}};

void write_file(const std::string& path, const std::string& group, const std::vector<std::pair<std::string, std::vector<double>>>& columns) {
  const auto lock = hdf5::lock();
  hdf5::Handle file = hdf5::create_file(path);
  {
    const hdf5::Handle g = group == "/" ? hdf5::open_group(file, "/") : hdf5::make_group(file, group);
    for (const auto& [name, values] : columns) hdf5::write_series(g, {name, values, "", ""});
  }
  hdf5::close_file(file, path);
}

}  // namespace

TEST_CASE("the HDF5 file that is named is read, not a result beside it") {
  const TemporaryDirectory directory;
  const std::string named = directory.path() + "/mine.h5";
  write_file(directory.path() + "/results.h5", "points", {{"x", {9, 9}}, {"y", {9, 9}}});
  for (const char* group : {"points", "/"}) {
    write_file(named, group, {{"y", {3, 4}}, {"x", {1, 2}}, {"other", {5, 6}}});
    CHECK(read_points(named, wanted).values == std::vector<double>{1, 3, 2, 4});
  }
  write_file(named, "points", {{"x", {1, 2}}});
  CHECK_THROWS_WITH(read_points(named, wanted), Catch::Contains("no column y"));
  write_file(named, "points", {{"x", {1, 2}}, {"y", {1, 2, 3}}});
  CHECK_THROWS_WITH(read_points(named, wanted), Catch::Contains("one length"));
  CHECK_THROWS_WITH(read_points(directory.path() + "/no.h5", wanted), Catch::Contains("not there"));
  replace_file(named, "x,y\n1,2\n");
  CHECK_THROWS_WITH(read_points(named, wanted), Catch::Contains("is it an HDF5 file"));
}

TEST_CASE("a file whose rows lie in other files is refused, as they may be missing") {
  const TemporaryDirectory directory;
  const std::string source = directory.path() + "/source.h5", view = directory.path() + "/view.h5";
  write_file(source, "points", {{"x", {1, 2}}, {"y", {3, 4}}});
  {
    const auto lock = hdf5::lock();
    hdf5::Handle file = hdf5::create_file(view);
    {
      const hdf5::Handle group = hdf5::make_group(file, "points"), space = hdf5::space({2});
      for (const char* name : {"x", "y"}) {
        const hdf5::Handle layout(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "properties");
        H5Pset_virtual(layout.get(), space.get(), source.c_str(), (std::string("points/") + name).c_str(), space.get());
        const hdf5::Handle d(H5Dcreate2(group.get(), name, H5T_NATIVE_DOUBLE, space.get(), H5P_DEFAULT, layout.get(), H5P_DEFAULT), H5Dclose, "make");
      }
    }
    hdf5::close_file(file, view);
  }
  CHECK_THROWS_WITH(read_points(view, wanted), Catch::Contains("other files") && Catch::Contains("run directory"));
}

TEST_CASE("a CSV file may begin with a byte order mark, and names each column once") {
  const TemporaryDirectory directory;
  const std::string path = directory.path() + "/points.csv";
  replace_file(path, "\xef\xbb\xbfx,y\n1,2\n");
  CHECK(read_points(path, wanted).values == std::vector<double>{1, 2});
  replace_file(path, "x,x,y\n1,2,3\n");
  CHECK_THROWS_WITH(read_points(path, wanted), Catch::Contains("column x twice"));
}
