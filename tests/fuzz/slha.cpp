// Any bytes as an SLHA file, as one of its keys and as a number: no harm, and what is set is what is read.
#include <cmath>
#include <string>
#include <utility>

#include "src/formats/extract.h"
#include "src/formats/number.h"
#include "src/formats/slha.h"
#include "tests/fuzz/fuzz.h"

using namespace umbra;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const Slha slha(text);
  slha.texts("SPINFO", 4);
  for (const char* name : {"MASS 25", "NMIX 1 1", "ALPHA", "EXTPAR 0", "DECAY 25", "DECAY 25 -> 5 -5", "DECAY 25 -> 11 -11 23"}) {
    const SlhaKey key = *SlhaKey::parse(name);
    if (const auto found = slha.find(key)) read_number(*found);
    if (key.branching) continue;
    const std::string once = set_slha(text, key, "4.25");
    FUZZ_CHECK(Slha(once).find(key) == "4.25");
    FUZZ_CHECK(set_slha(once, key, "4.25") == once);
  }
  SlhaKey::parse(text);
  // Fortran's D is an E (in numbers of a length that anyone prints).
  const auto number = read_number(text);
  std::string other = text;
  for (char& c : other)
    if (c == 'D' || c == 'd') c = 'E';
  const auto same = read_number(other);
  if (size < 60 && text.find_first_of("nN") == std::string::npos) FUZZ_CHECK(number.has_value() == same.has_value() && (!number || *number == *same || std::isnan(*number)));

  const Document document(text);
  Faults faults;
  for (const auto& [kind, place] : {std::pair("slha", "MASS 25"), std::pair("csv", "b"), std::pair("csv", "2"), std::pair("json", "/a/b/0"), std::pair("regex", "a(.*)b")}) {
    const Extracted found = Extract::read(Config::map({{kind, Config(place), {}}}), "", faults)->find(document);
    FUZZ_CHECK(found.value.has_value() == found.why.empty());
  }
  return 0;
}
