#pragma once
// All that io does to the file system but for HDF5's own writes: each operation throws FileError, and can be made to fail or to kill the process at its
// n-th call, so that tests try every fault point.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"

namespace umbra {

/// The environment's fault, with errno.
class FileError : public UserError {
 public:
  FileError(const std::string& text, int code) : UserError(text), code_(code) {}
  int code() const { return code_; }
  /// Disk full or quota reached.
  bool no_space() const;

 private:
  int code_;
};

enum class FileOperation { open, write, sync, close, rename, remove, link, make_directory, sync_directory, reserve, hdf5_create, hdf5_write, hdf5_close };

/// Called before each operation; a test's fault may return an errno (the operation then fails with it) or kill the process. Chosen by the environment:
/// UMBRA_FAULT="<operation or any>:<n>:<errno name, kill, tear or stall>[:<part of the path>]", the n-th call from 0; `tear` writes half of what
/// is to be written and kills; `stall` takes a minute, as a busy file system may; ENOSPC and EDQUOT persist from then on.
/// Returns 0 where all is well.
int fault_point(FileOperation operation, std::string_view path);
/// The same from a test: "" ends it.
void set_fault(const std::string& description);
/// How many operations there have been since set_fault().
std::uint64_t fault_points_passed();

/// A file open for appending or overwriting; closed by close(), which reports errors, or by the destructor, which does not.
class File {
 public:
  enum class Mode { create, update };  ///< create: new and empty; update: as it is, opened for writing
  File(std::string path, Mode mode);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  void write(std::span<const std::byte> bytes);
  void truncate(std::uint64_t size);  ///< and goes on writing there
  void reserve(std::uint64_t size);   ///< disk space for the whole file, so that later writes cannot fail for want of it
  void sync();                        ///< fdatasync
  void close();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int descriptor_ = -1;
};

/// A file to read as it lies on disk, without a copy in memory.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

/// Throws FileError (ENOSPC) where the file system of a folder has less room.
void check_space(const std::string& folder, std::uint64_t size);
std::vector<std::byte> read_file(const std::string& path);
std::uint64_t file_size(const std::string& path);
bool exists(const std::string& path);
std::vector<std::string> list_directory(const std::string& path);  ///< names of files, sorted; none where the folder is missing
void make_directory(const std::string& path);                      ///< with parents; nothing where it exists
void rename_file(const std::string& from, const std::string& to);  ///< and syncs the folder
void link_file(const std::string& from, const std::string& to);    ///< a hard link, or a copy where the file system has none
void sync_folder(const std::string& path);                         ///< makes new names in it last
void remove_file(const std::string& path);                         ///< nothing where it is missing
/// Replaces a file as a whole: written aside, synced, renamed, folder synced. A reader sees the old or the new one.
void replace_file(const std::string& path, std::string_view content);
/// The same without waiting for the disk: what is shown may be lost with the machine.
void show_file(const std::string& path, std::string_view content);

}  // namespace umbra
