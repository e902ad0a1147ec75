#pragma once
// Where ranks leave what other ranks need and what would be too much for a task: batches of training points, trained members.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace umbra {

/// Bytes under a name, with a key that says of what they are made: bytes of another key are as good as missing, and whoever needs them makes them again. One object a thread.
class BlobStore {
 public:
  virtual ~BlobStore() = default;
  /// Replaces what is there, at once and as a whole.
  virtual void put(const std::string& name, std::uint64_t key, std::string_view bytes) = 0;
  /// Nothing where they are missing, damaged, or of another key.
  virtual std::optional<std::string> get(const std::string& name, std::uint64_t key) = 0;
  /// The same for bytes that another rank has put a moment ago: waits for a slow file system. Throws UserError where they do not come.
  virtual std::string expect(const std::string& name, std::uint64_t key) = 0;
  /// Nothing where they are missing.
  virtual void remove(const std::string& name) = 0;
};

/// FNV-1a (Fowler, Noll, Vo), 64 bits, of `bytes` after `start`: for keys.
inline std::uint64_t chain_key(std::uint64_t start, std::string_view bytes) {
  std::uint64_t h = start ^ 0xcbf29ce484222325u;
  for (const char c : bytes) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return h;
}

}  // namespace umbra
