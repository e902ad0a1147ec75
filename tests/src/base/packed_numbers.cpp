#include "src/base/packed_numbers.h"

#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/vector.hpp>
#include <cstring>
#include <limits>
#include <sstream>

#include "src/base/random.h"
#include "tests/support/catch.h"

using namespace umbra;

TEST_CASE("packed numbers come back bit for bit, in little memory where few differ") {
  RandomStream stream(1, Purpose::test, 9);
  for (const std::size_t different : {1, 2, 3, 16, 17, 255, 256, 257, 100000}) {
    for (const std::size_t size : {0, 1, 63, 64, 1000}) {
      std::vector<double> numbers(size);
      for (double& x : numbers) x = 0.1 * static_cast<double>(stream.index(different));
      if (size > 2) numbers[1] = std::numeric_limits<double>::quiet_NaN(), numbers[2] = -0.0;
      const PackedNumbers packed{numbers};
      CHECK(packed.size() == size);
      std::stringstream file;
      boost::archive::binary_oarchive(file) << packed;
      PackedNumbers read;
      boost::archive::binary_iarchive(file) >> read;
      for (const std::vector<double>& back : {packed.unpack(), read.unpack()}) {
        REQUIRE(back.size() == size);
        CHECK((size == 0 || std::memcmp(back.data(), numbers.data(), 8 * size) == 0));
      }
      if (size == 1000 && different <= 14) CHECK(packed.bytes() < 1000 / 2 + 300);
    }
  }
}
