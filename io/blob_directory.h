#pragma once
// Blobs as files of one folder that all ranks see.

#include <string>

#include "src/learning/blob_store.h"

namespace umbra {

/// Each file carries its key and a CRC-32C, and is renamed into place. Not synced: what a crash of the machine tears is found by its checksum, and made again.
class BlobDirectory final : public BlobStore {
 public:
  explicit BlobDirectory(std::string directory, double patience_s = 30.0) : directory_(std::move(directory)), patience_s_(patience_s) {}
  /// Throws FileError.
  void put(const std::string& name, std::uint64_t key, std::string_view bytes) override;
  std::optional<std::string> get(const std::string& name, std::uint64_t key) override;
  std::string expect(const std::string& name, std::uint64_t key) override;
  void remove(const std::string& name) override;

 private:
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  std::string directory_;
  double patience_s_;
};

}  // namespace umbra
