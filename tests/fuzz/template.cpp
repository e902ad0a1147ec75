// Any bytes as a template: faults or a text, never harm.
#include <string>

#include "src/formats/text_template.h"
#include "tests/fuzz/fuzz.h"

using namespace umbra;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Faults faults;
  const TextTemplate all(text, {"M1", "mu", "seed"}, {}, "in.slha", faults);
  if (!faults.empty()) {
    FUZZ_CHECK(!faults.report("job.yaml").empty());
    return 0;
  }
  const double values[][3] = {{100.5, -3e-5, 7}, {1e308, -1e308, 2147483647}, {0.0, -0.0, 0.0}};
  for (const auto& v : values) {
    const std::string rendered = all.render(v);
    FUZZ_CHECK(rendered == all.render(v));
    if (text.find("{{") == std::string::npos) FUZZ_CHECK(rendered == text);
  }
  for (const std::size_t i : all.used()) FUZZ_CHECK(i < 3);
  return 0;
}
