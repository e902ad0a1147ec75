#pragma once
// HDF5's C API behind owning handles and one throwing function a call. For io/*.cpp only. Debian's parallel HDF5 is not thread-safe: whoever calls it
// holds lock(). File locking is off by choice (it fails on some Lustre and NFS mounts; RunLock does that work), unless HDF5_USE_FILE_LOCKING is set.

#include <hdf5.h>

#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "io/table.h"
#include "jobs/communicator.h"

namespace umbra::hdf5 {

/// HDF5's own words after ours.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::unique_lock<std::recursive_mutex> lock();

/// Closes what it holds; errors of closing are reported by close() only.
class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close close, const std::string& doing);  ///< throws Error where id is negative
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(Handle&& o) noexcept : id_(std::exchange(o.id_, -1)), close_(o.close_) {}
  Handle& operator=(Handle&& o) noexcept {
    std::swap(id_, o.id_);
    std::swap(close_, o.close_);
    return *this;
  }
  void close(const std::string& doing);
  /// Never closes it: where closing would wait for ranks that have failed to open.
  void abandon() { id_ = -1; }
  hid_t get() const { return id_; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

void check(herr_t result, const std::string& doing);

Handle create_file(const std::string& path);  ///< by this process alone
Handle open_file(const std::string& path);    ///< to read, by this process alone
Handle open_shared(const std::string& path, const Communicator& ranks);  ///< to write, by all ranks together
/// Closes a file that was written: errors of writing may show only here.
void close_file(Handle& file, const std::string& path);
/// A file in memory, and its bytes.
Handle create_image();
std::vector<std::byte> image_bytes(const Handle& file);

Handle make_group(const Handle& parent, const std::string& path);  ///< with parents; opens it where it exists
Handle open_group(const Handle& parent, const std::string& path);
bool has(const Handle& parent, const std::string& path);           ///< `path` may be nested
std::vector<std::string> members(const Handle& group);

Handle text_type(std::size_t size);  ///< of fixed length, padded with zeros
Handle space(const std::vector<hsize_t>& extent);
Handle open_dataset(const Handle& parent, const std::string& name);
std::vector<hsize_t> extent(const Handle& dataset);
std::size_t type_size(const Handle& dataset);
/// A contiguous dataset, its space allocated, not filled.
Handle make_dataset(const Handle& parent, const std::string& name, hid_t type, const std::vector<hsize_t>& extent);

/// Rows [first, first + count) of lines [line, line + lines) of a 2-D dataset, or of a 1-D one (lines 0); `memory` is [lines x stride] and starts at row `at`.
struct Window {
  hsize_t lines = 0, first = 0, count = 0, stride = 0, at = 0, line = 0;
};
void read(const Handle& dataset, hid_t type, const Window& window, void* memory);
/// collective: all ranks of the file take part, those with count 0 too.
void write(const Handle& dataset, hid_t type, const Window& window, const void* memory, bool collective);

void set_attribute(const Handle& object, const std::string& name, const Attribute& value);
void set_attributes(const Handle& object, const Attributes& attributes);
Attributes attributes(const Handle& object);

std::size_t size_of(const Series& series);  ///< bytes
void write_series(const Handle& group, const Series& series);
std::vector<std::int64_t> read_integers(const Handle& group, const std::string& name);
std::vector<std::string> read_texts(const Handle& group, const std::string& name, hsize_t first = 0, hsize_t count = ~hsize_t{0});
void write_texts(const Handle& group, const std::string& name, const std::vector<std::string>& texts, std::size_t size);

}  // namespace umbra::hdf5
