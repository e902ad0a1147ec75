#include "io/checkpoint.h"

#include <fstream>

#include "io/crc32c.h"
#include "io/file.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

using namespace umbra;

TEST_CASE("the checksum is CRC-32C") {
  // RFC 3720, appendix B.4: 32 bytes of zeros, of ones, and ascending.
  std::vector<std::byte> bytes(32);
  CHECK(crc32c(bytes) == 0x8A9136AAu);
  for (std::byte& b : bytes) b = std::byte{0xFF};
  CHECK(crc32c(bytes) == 0x62A8AB43u);
  for (std::size_t i = 0; i < 32; ++i) bytes[i] = static_cast<std::byte>(i);
  CHECK(crc32c(bytes) == 0x46DD794Eu);
  CHECK(crc32c(std::span(bytes).first(0)) == 0u);
}

TEST_CASE("the checksum is the same by instruction and by table") {
  std::vector<std::byte> bytes(1000);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * i + 7 * i);
  for (std::size_t size = 0; size < bytes.size(); size += size < 40 ? 1 : 97)
    for (std::size_t from = 0; from < 9 && from + size <= bytes.size(); ++from) CHECK(crc32c(std::span(bytes).subspan(from, size)) == crc32c_by_table(std::span(bytes).subspan(from, size)));
}

TEST_CASE("a checkpoint belongs to one generation") {
  const TemporaryDirectory directory;
  const std::string& path = directory.path();
  CHECK_FALSE(read_checkpoint(path, 0));
  write_next_checkpoint(path, 1, "one");
  CHECK(read_checkpoint(path, 1) == "one");
  promote_checkpoint(path);
  CHECK(exists(path + "/checkpoint"));
  write_next_checkpoint(path, 2, "two");
  // Whichever results.h5 names is there.
  CHECK(read_checkpoint(path, 1) == "one");
  CHECK(read_checkpoint(path, 2) == "two");
  CHECK_THROWS_WITH(read_checkpoint(path, 3), Catch::Contains("generation 3"));
  SECTION("before the commit the next one goes") {
    tidy_checkpoint(path, 1);
    CHECK(read_checkpoint(path, 1) == "one");
    CHECK_FALSE(exists(path + "/checkpoint.next"));
  }
  SECTION("after the commit it takes its place") {
    tidy_checkpoint(path, 2);
    CHECK(read_checkpoint(path, 2) == "two");
    CHECK_FALSE(exists(path + "/checkpoint.next"));
  }
}

TEST_CASE("a damaged checkpoint is not trusted") {
  const TemporaryDirectory directory;
  write_next_checkpoint(directory.path(), 1, "the state of a sampler");
  promote_checkpoint(directory.path());
  const auto whole = read_file(directory.path() + "/checkpoint");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    auto bytes = whole;
    bytes[at] ^= std::byte{1};
    std::ofstream(directory.path() + "/checkpoint", std::ios::binary).write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    CHECK_THROWS(read_checkpoint(directory.path(), 1));
  }
}
