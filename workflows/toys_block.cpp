#include "workflows/toys_block.h"

#include "io/file.h"
#include "io/yaml.h"
#include "src/base/text.h"
#include "src/statistics/toy_ensemble.h"

namespace umbra {

BlockChoice choose_block(const Job& job, const ToyFamily& family, std::size_t tested, std::uint64_t asked) {
  const std::uint64_t usual = usual_block(family, tested, 0), first = usual_block(family, tested, asked);
  const std::string record = job.output.directory + "/job.yaml";
  if (!job.coordinates || !exists(record)) return {first, first != usual};
  const std::vector<std::byte> bytes = read_file(record);
  Faults ignored;  // told when the run directory is taken
  const Config earlier = parse_yaml({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, record, ignored);
  const Config* block = earlier.find("block");
  const auto toys = block ? parse_number(block->text()) : std::nullopt;
  if (!toys || !(*toys >= 1)) return {usual, false};
  return {static_cast<std::uint64_t>(*toys), true};
}

}  // namespace umbra
