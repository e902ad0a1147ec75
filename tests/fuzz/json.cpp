// Any bytes as what a program of the protocol says: no harm, a reason for every refusal, and the quick reader agrees with the thorough one
// wherever both take a line (numbers such as .5 are no JSON, and only the quick one lets them pass).
#include <cmath>
#include <limits>
#include <string>

#include "src/base/error.h"
#include "src/formats/json_line.h"
#include "tests/fuzz/fuzz.h"

using namespace umbra;

namespace {

bool same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::vector<Column> columns = {{"a", "", ""}, {"b", "", ""}, {"c", "", ""}};
  double row[3] = {}, again[3] = {};
  const Answer answer = read_answer(text, columns, row);
  FUZZ_CHECK(answer.good || !answer.message.empty());
  if (answer.good && answer.status == Status::ok)
    for (const double x : row) FUZZ_CHECK(!(x == std::numeric_limits<double>::infinity()));
  // Another key ahead of the others sends the same answer the long way.
  if (const std::size_t brace = text.find('{'); answer.good && brace != std::string::npos) {
    std::string longer = text;
    longer.insert(brace + 1, "\"\":0,");
    const Answer other = read_answer(longer, columns, again);
    if (other.good) {
      FUZZ_CHECK(other.id == answer.id && other.status == answer.status && other.message == answer.message);
      for (int i = 0; i < 3; ++i) FUZZ_CHECK(same(row[i], again[i]));
    }
  }
  try {
    for (const Column& c : read_hello(text)) FUZZ_CHECK(!c.name.empty());
  } catch (const UserError&) {
  }
  // A point goes there and comes back with the same bits.
  double theta[3] = {};
  for (std::size_t i = 0; i < 3 && 8 * (i + 1) <= size; ++i) std::memcpy(&theta[i], data + 8 * i, 8);
  std::string line;
  write_point(line, size, 17, theta);
  FUZZ_CHECK(line.back() == '\n' && line.find('\n') + 1 == line.size());
  const char* at = line.c_str() + line.find('[');
  for (const double expected : theta) {
    char* end = nullptr;
    const double there = std::strtod(at + 1, &end);
    FUZZ_CHECK(same(there, expected) || (!std::isfinite(expected) && std::isnan(there)));
    FUZZ_CHECK(std::signbit(there) == std::signbit(expected) || std::isnan(there));
    at = end;
  }
  FUZZ_CHECK(std::strcmp(at, "]}\n") == 0);
  return 0;
}
