#include "io/blob_directory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "io/crc32c.h"
#include "io/file.h"
#include "jobs/host_name.h"

namespace umbra {
namespace {

struct Header {
  char magic[8];
  std::uint64_t key, size;
  std::uint32_t checksum, padding;
};
constexpr char magic[8] = {'u', 'm', 'b', 'r', 'a', 'b', 'l', '1'};
constexpr auto look_again = std::chrono::milliseconds(20);

std::span<const std::byte> as_bytes(const void* data, std::size_t size) { return {static_cast<const std::byte*>(data), size}; }

}  // namespace

void BlobDirectory::put(const std::string& name, std::uint64_t key, std::string_view bytes) {
  make_directory(directory_);
  Header header{{}, key, bytes.size(), crc32c(as_bytes(bytes.data(), bytes.size())), 0};
  std::memcpy(header.magic, magic, sizeof magic);
  const std::string aside = fmt::format("{}.{}.{}", path(name), host_name(), getpid());  // two ranks may make the same blob
  File file(aside, File::Mode::create);
  file.write(as_bytes(&header, sizeof header));
  file.write(as_bytes(bytes.data(), bytes.size()));
  file.close();
  rename_file(aside, path(name));
}

std::optional<std::string> BlobDirectory::get(const std::string& name, std::uint64_t key) {
  if (!exists(path(name))) return {};
  std::vector<std::byte> file;
  try {
    file = read_file(path(name));
  } catch (const FileError&) {
    return {};  // removed meanwhile
  }
  Header header;
  if (file.size() < sizeof header) return {};
  std::memcpy(&header, file.data(), sizeof header);
  const auto content = std::span<const std::byte>(file).subspan(sizeof header);
  if (std::memcmp(header.magic, magic, sizeof magic) != 0 || header.key != key || header.size != content.size() || header.checksum != crc32c(content)) return {};
  return std::string(reinterpret_cast<const char*>(content.data()), content.size());
}

std::string BlobDirectory::expect(const std::string& name, std::uint64_t key) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::duration<double>(patience_s_);
  while (true) {
    if (auto bytes = get(name, key)) return std::move(*bytes);
    VALIDATE(std::chrono::steady_clock::now() < deadline, "{} did not appear within {} s (ranks share training points through this folder): is the run directory on a file system that all nodes see?",
             path(name), patience_s_);
    std::this_thread::sleep_for(look_again);
  }
}

void BlobDirectory::remove(const std::string& name) { remove_file(path(name)); }

}  // namespace umbra
