#include "io/checkpoint.h"

#include "io/bytes.h"
#include "io/crc32c.h"
#include "io/file.h"

namespace umbra {
namespace {

constexpr std::uint64_t magic = 0x31504b4341424d55;  // "UMBACKP1"
constexpr std::uint32_t version = 2;

struct Content {
  std::uint64_t generation;
  std::string state;
};

std::optional<Content> read(const std::string& path) {
  if (!exists(path)) return {};
  const auto bytes = read_file(path);
  try {
    ByteReader r(bytes);
    if (r.get<std::uint64_t>() != magic || r.get<std::uint32_t>() != version) return {};
    const auto checksum = r.get<std::uint32_t>();
    if (crc32c(std::span(bytes).last(r.left())) != checksum) return {};
    const auto generation = r.get<std::uint64_t>();
    return Content{generation, r.get_text()};
  } catch (const std::out_of_range&) {
    return {};
  }
}

}  // namespace

void write_next_checkpoint(const std::string& directory, std::uint64_t generation, const std::string& state) {
  std::vector<std::byte> content;
  ByteWriter body(content);
  body.put(generation);
  body.put_text(state);
  std::vector<std::byte> head;
  ByteWriter w(head);
  w.put(magic);
  w.put(version);
  w.put(crc32c(content));
  File f(directory + "/checkpoint.next", File::Mode::create);
  f.write(head);
  f.write(content);
  f.sync();
  f.close();
}

void promote_checkpoint(const std::string& directory) {
  const std::string next = directory + "/checkpoint.next";
  if (exists(next)) rename_file(next, directory + "/checkpoint");
}

void tidy_checkpoint(const std::string& directory, std::uint64_t generation) {
  const auto next = read(directory + "/checkpoint.next");
  if (next && next->generation == generation && generation > 0) promote_checkpoint(directory);
  else remove_file(directory + "/checkpoint.next");
}

std::optional<std::string> read_checkpoint(const std::string& directory, std::uint64_t generation) {
  if (generation == 0) return {};
  for (const char* name : {"/checkpoint.next", "/checkpoint"})
    if (auto c = read(directory + name); c && c->generation == generation) return std::move(c->state);
  throw UserError(fmt::format("{}/checkpoint is missing, damaged or not of generation {} (the campaign cannot go on without it); restore it from a copy, or start anew in another directory",
                              directory, generation));
}

}  // namespace umbra
