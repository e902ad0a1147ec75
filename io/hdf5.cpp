#include "io/hdf5.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "io/file.h"
#include "jobs/communicator_handle.h"

namespace umbra::hdf5 {
namespace {

herr_t deepest(unsigned, const H5E_error2_t* e, void* text) {
  if (e->desc && *e->desc) *static_cast<std::string*>(text) = e->desc;
  return 0;
}

[[noreturn]] void fail(const std::string& doing) {
  std::string why;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, deepest, &why);
  H5Eclear2(H5E_DEFAULT);
  throw Error(fmt::format("HDF5 cannot {}: {}", doing, why.empty() ? "no reason given" : why));
}

void fault(FileOperation operation, const std::string& path, const std::string& doing) {
  if (const int code = fault_point(operation, path); code != 0) throw Error(fmt::format("HDF5 cannot {} {}: {}", doing, path, std::strerror(code)));
}

Handle properties(hid_t kind) { return Handle(H5Pcreate(kind), H5Pclose, "make a property list"); }

Handle file_properties() {
  Handle p = properties(H5P_FILE_ACCESS);
  // 1.8: attributes beyond 64 kB.
  check(H5Pset_libver_bounds(p.get(), H5F_LIBVER_V18, H5F_LIBVER_LATEST), "choose a format");
  check(H5Pset_fclose_degree(p.get(), H5F_CLOSE_STRONG), "choose how to close");
  check(H5Pset_alignment(p.get(), 1 << 16, 4096), "choose an alignment");
  return p;
}

std::string file_name(const Handle& object) {
  char text[4096] = "";
  H5Fget_name(object.get(), text, sizeof text);
  return text;
}

Handle selected(const Handle& dataset, const Window& w) {
  Handle s(H5Dget_space(dataset.get()), H5Sclose, "open a data space");
  if (w.count == 0) {
    check(H5Sselect_none(s.get()), "select nothing");
  } else if (w.lines == 0) {
    check(H5Sselect_hyperslab(s.get(), H5S_SELECT_SET, &w.first, nullptr, &w.count, nullptr), "select rows");
  } else {
    const hsize_t start[] = {w.line, w.first}, count[] = {w.lines, w.count};
    check(H5Sselect_hyperslab(s.get(), H5S_SELECT_SET, start, nullptr, count, nullptr), "select rows");
  }
  return s;
}

Handle memory_space(const Window& w) {
  const hsize_t lines = std::max<hsize_t>(w.lines, 1), stride = std::max<hsize_t>(w.stride, 1);
  Handle s = space({lines, stride});
  const hsize_t start[] = {0, w.at}, count[] = {lines, w.count};
  if (w.count == 0) check(H5Sselect_none(s.get()), "select nothing");
  else check(H5Sselect_hyperslab(s.get(), H5S_SELECT_SET, start, nullptr, count, nullptr), "select rows");
  return s;
}

/// Bob Jenkins' lookup3 (hashlittle, seed 0; burtleburtle.net/bob/c/lookup3.c), HDF5's checksum of metadata, for a length that is no multiple of 12.
std::uint32_t lookup3(const std::byte* data, std::uint32_t length) {
  const auto rotated = [](std::uint32_t x, int k) { return (x << k) | (x >> (32 - k)); };
  std::uint32_t a = 0xdeadbeef + length, b = a, c = a;
  const auto add = [&](std::uint32_t n) {
    std::uint32_t words[3] = {0, 0, 0};
    for (std::uint32_t i = 0; i < n; ++i) words[i / 4] += static_cast<std::uint32_t>(data[i]) << (8 * (i % 4));
    a += words[0];
    b += words[1];
    c += words[2];
  };
  for (; length > 12; length -= 12, data += 12) {
    add(12);
    a -= c, a ^= rotated(c, 4), c += b;
    b -= a, b ^= rotated(a, 6), a += c;
    c -= b, c ^= rotated(b, 8), b += a;
    a -= c, a ^= rotated(c, 16), c += b;
    b -= a, b ^= rotated(a, 19), a += c;
    c -= b, c ^= rotated(b, 4), b += a;
  }
  add(length);
  c ^= b, c -= rotated(b, 14);
  a ^= c, a -= rotated(c, 11);
  b ^= a, b -= rotated(a, 25);
  c ^= b, c -= rotated(b, 16);
  a ^= c, a -= rotated(c, 4);
  b ^= a, b -= rotated(a, 14);
  c ^= b, c -= rotated(b, 24);
  return c;
}

/// HDF5 1.10.8 clears the mark of an open file in an image and leaves the checksum of the superblock (versions 2 and 3) as it was.
void mend_checksum(std::vector<std::byte>& image) {
  constexpr std::size_t version_at = 8, checksum_at = 44;
  if (image.size() < checksum_at + 4 || static_cast<int>(image[version_at]) < 2) return;
  const std::uint32_t sum = lookup3(image.data(), checksum_at);
  for (std::size_t i = 0; i < 4; ++i) image[checksum_at + i] = static_cast<std::byte>(sum >> (8 * i));
}

// When the library is loaded: later, a model in this process may be reading the environment.
[[maybe_unused]] const bool locking_is_off = ::setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0) == 0;

}  // namespace

std::unique_lock<std::recursive_mutex> lock() {
  static std::recursive_mutex mutex;
  std::unique_lock held(mutex);
  static const bool started = [] {
    H5dont_atexit();
    H5open();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    return true;
  }();
  static_cast<void>(started);
  return held;
}

Handle::Handle(hid_t id, Close close, const std::string& doing) : id_(id), close_(close) {
  if (id < 0) fail(doing);
}

void Handle::close(const std::string& doing) {
  if (id_ >= 0) check(close_(std::exchange(id_, -1)), doing);
}

void check(herr_t result, const std::string& doing) {
  if (result < 0) fail(doing);
}

Handle create_file(const std::string& path) {
  fault(FileOperation::hdf5_create, path, "create");
  return Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, file_properties().get()), H5Fclose, "create " + path);
}

Handle open_file(const std::string& path) {
  return Handle(H5Fopen(path.c_str(), H5F_ACC_RDONLY, file_properties().get()), H5Fclose, "open " + path);
}

Handle open_shared(const std::string& path, const Communicator& ranks) {
  const Handle p = file_properties();
  if (ranks.size() > 1) {
    check(H5Pset_fapl_mpio(p.get(), ranks.handle().comm, MPI_INFO_NULL), "use MPI-IO");
    check(H5Pset_all_coll_metadata_ops(p.get(), true), "read metadata together");
  }
  return Handle(H5Fopen(path.c_str(), H5F_ACC_RDWR, p.get()), H5Fclose, "open " + path);
}

void close_file(Handle& file, const std::string& path) {
  const int code = fault_point(FileOperation::hdf5_close, path);
  file.close("close " + path);
  if (code != 0) throw Error(fmt::format("HDF5 cannot close {}: {}", path, std::strerror(code)));
}

Handle create_image() {
  const Handle p = file_properties();
  check(H5Pset_fapl_core(p.get(), std::size_t{1} << 20, false), "work in memory");
  return Handle(H5Fcreate("image", H5F_ACC_TRUNC, H5P_DEFAULT, p.get()), H5Fclose, "make a file in memory");
}

std::vector<std::byte> image_bytes(const Handle& file) {
  check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), "flush a file in memory");
  const ssize_t size = H5Fget_file_image(file.get(), nullptr, 0);
  if (size < 0) fail("measure a file in memory");
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  if (H5Fget_file_image(file.get(), bytes.data(), bytes.size()) < 0) fail("copy a file in memory");
  mend_checksum(bytes);
  return bytes;
}

Handle make_group(const Handle& parent, const std::string& path) {
  if (has(parent, path)) return open_group(parent, path);
  const Handle p = properties(H5P_LINK_CREATE);
  check(H5Pset_create_intermediate_group(p.get(), 1), "make groups");
  return Handle(H5Gcreate2(parent.get(), path.c_str(), p.get(), H5P_DEFAULT, H5P_DEFAULT), H5Gclose, "make group " + path);
}

Handle open_group(const Handle& parent, const std::string& path) {
  return Handle(H5Gopen2(parent.get(), path.c_str(), H5P_DEFAULT), H5Gclose, "open group " + path);
}

bool has(const Handle& parent, const std::string& path) {
  for (std::size_t slash = path.find('/'); ; slash = path.find('/', slash + 1)) {
    if (H5Lexists(parent.get(), path.substr(0, slash).c_str(), H5P_DEFAULT) <= 0) return false;
    if (slash == std::string::npos) return true;
  }
}

std::vector<std::string> members(const Handle& group) {
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  check(H5Literate(group.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, visit, &names), "list a group");
  return names;
}

Handle text_type(std::size_t size) {
  Handle t(H5Tcopy(H5T_C_S1), H5Tclose, "make a text type");
  check(H5Tset_size(t.get(), std::max<std::size_t>(size, 1)), "size a text type");
  check(H5Tset_strpad(t.get(), H5T_STR_NULLPAD), "pad a text type");
  check(H5Tset_cset(t.get(), H5T_CSET_UTF8), "encode a text type");
  return t;
}

Handle space(const std::vector<hsize_t>& extent) {
  return Handle(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose, "make a data space");
}

Handle open_dataset(const Handle& parent, const std::string& name) {
  return Handle(H5Dopen2(parent.get(), name.c_str(), H5P_DEFAULT), H5Dclose, "open dataset " + name);
}

std::vector<hsize_t> extent(const Handle& dataset) {
  const Handle s(H5Dget_space(dataset.get()), H5Sclose, "open a data space");
  std::vector<hsize_t> e(static_cast<std::size_t>(std::max(H5Sget_simple_extent_ndims(s.get()), 0)));
  H5Sget_simple_extent_dims(s.get(), e.data(), nullptr);
  return e;
}

std::size_t type_size(const Handle& dataset) {
  const Handle t(H5Dget_type(dataset.get()), H5Tclose, "open a type");
  return H5Tget_size(t.get());
}

Handle make_dataset(const Handle& parent, const std::string& name, hid_t type, const std::vector<hsize_t>& extent) {
  const Handle p = properties(H5P_DATASET_CREATE);
  check(H5Pset_alloc_time(p.get(), H5D_ALLOC_TIME_EARLY), "allocate early");
  check(H5Pset_fill_time(p.get(), H5D_FILL_TIME_NEVER), "fill never");
  return Handle(H5Dcreate2(parent.get(), name.c_str(), type, space(extent).get(), H5P_DEFAULT, p.get(), H5P_DEFAULT), H5Dclose, "make dataset " + name);
}

void read(const Handle& dataset, hid_t type, const Window& window, void* memory) {
  if (window.count == 0) return;
  check(H5Dread(dataset.get(), type, memory_space(window).get(), selected(dataset, window).get(), H5P_DEFAULT, memory), "read");
}

void write(const Handle& dataset, hid_t type, const Window& window, const void* memory, bool collective) {
  if (window.count == 0 && !collective) return;
  const Handle p = properties(H5P_DATASET_XFER);
  if (collective) check(H5Pset_dxpl_mpio(p.get(), H5FD_MPIO_COLLECTIVE), "write together");
  const std::string path = file_name(dataset);
  const int code = fault_point(FileOperation::hdf5_write, path);
  // Whoever fails takes part in the collective call all the same, or the others would wait for ever.
  check(H5Dwrite(dataset.get(), type, memory_space(window).get(), selected(dataset, window).get(), p.get(), memory), "write to " + path);
  if (code != 0) throw Error(fmt::format("HDF5 cannot write to {}: {}", path, std::strerror(code)));
}

void set_attribute(const Handle& object, const std::string& name, const Attribute& value) {
  const std::string doing = "write attribute " + name;
  const auto put = [&](hid_t type, const void* data) {
    if (H5Aexists(object.get(), name.c_str()) > 0) check(H5Adelete(object.get(), name.c_str()), doing);
    const Handle scalar(H5Screate(H5S_SCALAR), H5Sclose, doing);
    const Handle a(H5Acreate2(object.get(), name.c_str(), type, scalar.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose, doing);
    check(H5Awrite(a.get(), type, data), doing);
  };
  if (const auto* i = std::get_if<std::int64_t>(&value)) put(H5T_NATIVE_INT64, i);
  if (const auto* d = std::get_if<double>(&value)) put(H5T_NATIVE_DOUBLE, d);
  if (const auto* s = std::get_if<std::string>(&value)) put(text_type(s->size()).get(), s->empty() ? "\0" : s->data());
}

void set_attributes(const Handle& object, const Attributes& attributes) {
  for (const auto& [name, value] : attributes) set_attribute(object, name, value);
}

Attributes attributes(const Handle& object) {
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5A_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  check(H5Aiterate2(object.get(), H5_INDEX_NAME, H5_ITER_INC, nullptr, visit, &names), "list attributes");
  Attributes all;
  for (const std::string& name : names) {
    const Handle a(H5Aopen(object.get(), name.c_str(), H5P_DEFAULT), H5Aclose, "open attribute " + name);
    const Handle t(H5Aget_type(a.get()), H5Tclose, "open a type");
    if (H5Tget_class(t.get()) == H5T_STRING) {
      std::string text(H5Tget_size(t.get()), '\0');
      check(H5Aread(a.get(), text_type(text.size()).get(), text.data()), "read attribute " + name);
      text.resize(std::strlen(text.c_str()));
      all[name] = text;
    } else if (H5Tget_class(t.get()) == H5T_INTEGER) {
      std::int64_t i = 0;
      check(H5Aread(a.get(), H5T_NATIVE_INT64, &i), "read attribute " + name);
      all[name] = i;
    } else {
      double d = 0;
      check(H5Aread(a.get(), H5T_NATIVE_DOUBLE, &d), "read attribute " + name);
      all[name] = d;
    }
  }
  return all;
}

namespace {

std::size_t longest(const std::vector<std::string>& texts) {
  std::size_t size = 1;
  for (const std::string& text : texts) size = std::max(size, text.size());
  return size;
}

}  // namespace

std::size_t size_of(const Series& series) {
  if (const auto* t = std::get_if<std::vector<std::string>>(&series.values)) return t->size() * longest(*t);
  return 8 * std::visit([](const auto& v) { return v.size(); }, series.values);
}

void write_series(const Handle& group, const Series& series) {
  if (const auto* t = std::get_if<std::vector<std::string>>(&series.values)) return write_texts(group, series.name, *t, longest(*t));
  const auto put = [&](hid_t type, const auto& values) {
    const Handle d = make_dataset(group, series.name, type, {values.size()});
    if (!values.empty()) check(H5Dwrite(d.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "write " + series.name);
    if (!series.unit.empty()) set_attribute(d, "unit", series.unit);
    if (!series.label.empty()) set_attribute(d, "label", series.label);
  };
  if (const auto* i = std::get_if<std::vector<std::int64_t>>(&series.values)) put(H5T_NATIVE_INT64, *i);
  if (const auto* d = std::get_if<std::vector<double>>(&series.values)) put(H5T_NATIVE_DOUBLE, *d);
}

std::vector<std::int64_t> read_integers(const Handle& group, const std::string& name) {
  const Handle d = open_dataset(group, name);
  std::vector<std::int64_t> values(extent(d).at(0));
  read(d, H5T_NATIVE_INT64, {.count = values.size(), .stride = values.size()}, values.data());
  return values;
}

std::vector<std::string> read_texts(const Handle& group, const std::string& name, hsize_t first, hsize_t count) {
  const Handle d = open_dataset(group, name);
  const hsize_t rows = extent(d).at(0);
  first = std::min(first, rows);
  count = std::min(count, rows - first);
  const std::size_t size = type_size(d);
  std::vector<char> text(size * count);
  read(d, text_type(size).get(), {.first = first, .count = count, .stride = count}, text.data());
  std::vector<std::string> texts(count);
  for (std::size_t i = 0; i < count; ++i) texts[i].assign(text.data() + i * size, ::strnlen(text.data() + i * size, size));
  return texts;
}

void write_texts(const Handle& group, const std::string& name, const std::vector<std::string>& texts, std::size_t size) {
  std::vector<char> all(texts.size() * size);
  for (std::size_t i = 0; i < texts.size(); ++i) std::memcpy(all.data() + i * size, texts[i].data(), std::min(size, texts[i].size()));
  const Handle type = text_type(size), d = make_dataset(group, name, type.get(), {texts.size()});
  if (!texts.empty()) check(H5Dwrite(d.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()), "write " + name);
}

}  // namespace umbra::hdf5
