#include "io/listing.h"

#include <algorithm>
#include <limits>

#include "io/file.h"
#include "src/base/error.h"

namespace umbra {
namespace {

using hdf5::Handle;

constexpr std::int64_t schema_version = 1;
constexpr std::size_t name_size = 64;

std::int64_t integer(const Attributes& a, const std::string& name, std::int64_t missing) {
  const auto i = a.find(name);
  const auto* value = i == a.end() ? nullptr : std::get_if<std::int64_t>(&i->second);
  return value ? *value : missing;
}

std::string text(const Attributes& a, const std::string& name) {
  const auto i = a.find(name);
  const auto* value = i == a.end() ? nullptr : std::get_if<std::string>(&i->second);
  return value ? *value : std::string();
}

std::vector<std::string> members_as_made(const Handle& group) {
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  hdf5::check(H5Literate(group.get(), H5_INDEX_CRT_ORDER, H5_ITER_INC, nullptr, visit, &names), "list a table");
  return names;
}

Table read_table(const Handle& group, const Attributes& attributes) {
  Table t;
  t.name = text(attributes, "table");
  t.kind = static_cast<TaskKind>(integer(attributes, "kind", 0));
  t.source = text(attributes, "rows_each") == "many" ? RowSource::rows : RowSource::values;
  const std::size_t bookkeeping = all_columns({.name = t.name, .kind = t.kind, .columns = {}, .source = t.source}).size();
  const auto names = members_as_made(group);
  for (std::size_t c = bookkeeping; c < names.size(); ++c) {
    const Attributes a = hdf5::attributes(hdf5::open_dataset(group, names[c]));
    Column column{names[c], text(a, "unit"), text(a, "label"), Role::observable};
    for (const Role r : {Role::parameter, Role::observable, Role::likelihood, Role::bookkeeping})
      if (text(a, "role") == name(r)) column.role = r;
    t.columns.push_back(column);
  }
  return t;
}

/// One 1-D virtual dataset over line `line` (of a matrix) or dataset `name` (of plain files).
void make_virtual(const Handle& group, const Listing& listing, std::size_t table, const Column& column, hid_t type, const void* fill, const char* matrix, hsize_t line, bool is_matrix_line) {
  hsize_t rows = 0;
  for (const SegmentFile& f : listing.files)
    for (const Part& p : f.parts)
      if (p.table == table) rows += p.rows;
  const Handle p(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "make a property list");
  hdf5::check(H5Pset_fill_value(p.get(), type, fill), "set a fill value");
  const Handle all = hdf5::space({rows});
  hsize_t at = 0;
  for (const SegmentFile& f : listing.files) {
    for (const Part& part : f.parts) {
      if (part.table != table || part.rows == 0) continue;
      hsize_t count = part.rows;
      hdf5::check(H5Sselect_hyperslab(all.get(), H5S_SELECT_SET, &at, nullptr, &count, nullptr), "select rows");
      at += count;
      const bool in_matrix = f.layout == Layout::matrix;
      const TableShape shape(listing.tables[table]);
      const hsize_t lines = matrix[0] == 'i' ? shape.integers : shape.numbers;
      const Handle source = in_matrix && is_matrix_line ? hdf5::space({lines, part.rows}) : hdf5::space({part.rows});
      if (in_matrix && is_matrix_line) {
        const hsize_t start[] = {line, 0}, size[] = {1, part.rows};
        hdf5::check(H5Sselect_hyperslab(source.get(), H5S_SELECT_SET, start, nullptr, size, nullptr), "select a line");
      }
      const std::string dataset = "/" + part.group + "/" + (in_matrix ? std::string(matrix) : column.name);
      hdf5::check(H5Pset_virtual(p.get(), all.get(), f.name.c_str(), dataset.c_str(), source.get()), "map a segment");
    }
  }
  hdf5::check(H5Sselect_all(all.get()), "select all");
  const Handle d(H5Dcreate2(group.get(), column.name.c_str(), type, all.get(), H5P_DEFAULT, p.get(), H5P_DEFAULT), H5Dclose, "make virtual dataset " + column.name);
  describe(d, column);
}

void make_virtual_table(const Handle& file, const Listing& listing, std::size_t table, std::size_t host_size) {
  const Table& t = listing.tables[table];
  const TableShape shape(t);
  const Handle group = make_table_group(file, t, t.name);
  const Handle host_type = hdf5::text_type(host_size);
  const std::string no_host(host_size, '\0');
  const std::int64_t no_integer = -1;
  const double no_number = std::numeric_limits<double>::quiet_NaN();
  const auto columns = all_columns(t);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (c < shape.integers) make_virtual(group, listing, table, columns[c], H5T_NATIVE_INT64, &no_integer, "integers", c, true);
    else if (shape.has_host && c == shape.integers) make_virtual(group, listing, table, columns[c], host_type.get(), no_host.data(), "host", 0, false);
    else make_virtual(group, listing, table, columns[c], H5T_NATIVE_DOUBLE, &no_number, "numbers", c - shape.integers - shape.has_host, true);
  }
}

void make_virtual_failures(const Handle& file, const Listing& listing) {
  hsize_t rows = 0;
  for (const SegmentFile& f : listing.files) rows += f.failures;
  const Handle group = hdf5::make_group(file, "failures"), message = hdf5::text_type(failure_message_size);
  const std::string no_text(failure_message_size, '\0');
  const std::int64_t no_integer = -1;
  for (const std::string name : {"id", "status", "message"}) {
    const bool is_text = name == "message";
    const Handle p(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "make a property list");
    hdf5::check(H5Pset_fill_value(p.get(), is_text ? message.get() : H5T_NATIVE_INT64, is_text ? static_cast<const void*>(no_text.data()) : &no_integer), "set a fill value");
    const Handle all = hdf5::space({rows});
    hsize_t at = 0;
    for (const SegmentFile& f : listing.files) {
      if (f.failures == 0) continue;
      const hsize_t count = f.failures;
      hdf5::check(H5Sselect_hyperslab(all.get(), H5S_SELECT_SET, &at, nullptr, &count, nullptr), "select rows");
      at += count;
      hdf5::check(H5Pset_virtual(p.get(), all.get(), f.name.c_str(), ("/failures/" + name).c_str(), hdf5::space({count}).get()), "map a segment");
    }
    hdf5::check(H5Sselect_all(all.get()), "select all");
    const Handle d(H5Dcreate2(group.get(), name.c_str(), is_text ? message.get() : H5T_NATIVE_INT64, all.get(), H5P_DEFAULT, p.get(), H5P_DEFAULT), H5Dclose, "make " + name);
  }
}

std::vector<std::string> row_groups(const std::vector<Table>& tables) {
  std::vector<std::string> groups;
  for (const Table& t : tables) {
    groups.push_back(t.name);
    groups.push_back(surplus_group(t));
  }
  return groups;
}

void write_files(const Handle& file, const Listing& listing) {
  const Handle group = hdf5::make_group(file, "segments");
  const auto column = [&](const std::string& name, auto value) {
    std::vector<std::int64_t> values;
    for (const SegmentFile& f : listing.files) values.push_back(static_cast<std::int64_t>(value(f)));
    hdf5::write_series(group, {.name = name, .values = values, .unit = "", .label = ""});
  };
  std::vector<std::string> names;
  for (const SegmentFile& f : listing.files) names.push_back(f.name);
  hdf5::write_texts(group, "file", names, name_size);
  column("bytes", [](const SegmentFile& f) { return f.bytes; });
  column("level", [](const SegmentFile& f) { return f.level; });
  column("layout", [](const SegmentFile& f) { return f.layout; });
  column("failures", [](const SegmentFile& f) { return f.failures; });
  column("host_size", [](const SegmentFile& f) { return f.host_size; });
  for (const std::string& g : row_groups(listing.tables))
    column("rows_" + g, [&](const SegmentFile& f) {
      for (const Part& p : f.parts)
        if (p.group == g) return p.rows;
      return std::uint64_t{0};
    });
}

std::vector<SegmentFile> read_files(const Handle& file, const std::vector<Table>& tables) {
  const Handle group = hdf5::open_group(file, "segments");
  const auto names = hdf5::read_texts(group, "file");
  const auto bytes = hdf5::read_integers(group, "bytes"), level = hdf5::read_integers(group, "level"), layout = hdf5::read_integers(group, "layout"),
             failures = hdf5::read_integers(group, "failures"), host_size = hdf5::read_integers(group, "host_size");
  std::vector<SegmentFile> files(names.size());
  for (std::size_t i = 0; i < names.size(); ++i)
    files[i] = {names[i], static_cast<std::uint64_t>(bytes[i]), level[i], static_cast<Layout>(layout[i]), {}, static_cast<std::uint64_t>(failures[i]), static_cast<std::uint64_t>(host_size[i])};
  const auto groups = row_groups(tables);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const auto rows = hdf5::read_integers(group, "rows_" + groups[g]);
    for (std::size_t i = 0; i < files.size(); ++i)
      if (rows[i] > 0) files[i].parts.push_back({g / 2, groups[g], static_cast<std::uint64_t>(rows[i])});
  }
  return files;
}

}  // namespace

void describe_root(const Handle& file, const Listing& listing) {
  hdf5::set_attributes(file, listing.attributes);
  hdf5::set_attribute(file, "schema_version", schema_version);
  hdf5::set_attribute(file, "generation", static_cast<std::int64_t>(listing.generation));
  hdf5::set_attribute(file, "merged", std::int64_t{listing.merged});
}

std::vector<std::byte> running_result(const Listing& listing) {
  const Handle file = hdf5::create_image();
  describe_root(file, listing);
  std::size_t host_size = 8;
  for (const SegmentFile& f : listing.files) host_size = std::max<std::size_t>(host_size, f.host_size);
  for (std::size_t t = 0; t < listing.tables.size(); ++t) make_virtual_table(file, listing, t, host_size);
  make_virtual_failures(file, listing);
  write_files(file, listing);
  return hdf5::image_bytes(file);
}

Listing read_listing(const std::string& directory) {
  const auto locked = hdf5::lock();
  const std::string path = directory + "/results.h5";
  Listing listing;
  try {
    const Handle file = hdf5::open_file(path), root = hdf5::open_group(file, "/");
    listing.attributes = hdf5::attributes(root);
    const std::int64_t schema = integer(listing.attributes, "schema_version", -1), generation = integer(listing.attributes, "generation", -1);
    VALIDATE(schema == schema_version && generation >= 0, "{} is not a result that this version of umbra reads (schema {}, this one reads {}); use the version that wrote it, or another directory",
             path, schema, schema_version);
    listing.generation = static_cast<std::uint64_t>(generation);
    listing.merged = integer(listing.attributes, "merged", 0) != 0;
    SegmentFile self{.name = "results.h5", .bytes = file_size(path), .level = 0, .layout = Layout::plain, .parts = {}, .failures = 0};
    for (const std::string& name : hdf5::members(root)) {
      const Handle group = hdf5::open_group(file, name);
      const Attributes a = hdf5::attributes(group);
      if (!a.contains("table")) continue;
      const std::string owner = text(a, "table");
      auto at = std::find_if(listing.tables.begin(), listing.tables.end(), [&](const Table& t) { return t.name == owner; });
      if (at == listing.tables.end()) at = listing.tables.insert(at, read_table(group, a));
      self.parts.push_back({static_cast<std::size_t>(at - listing.tables.begin()), name, hdf5::extent(hdf5::open_dataset(group, "id")).at(0)});
      if (at->source == RowSource::values) self.host_size = hdf5::type_size(hdf5::open_dataset(group, "host"));
    }
    if (listing.merged) {
      self.failures = hdf5::extent(hdf5::open_dataset(hdf5::open_group(file, "failures"), "id")).at(0);
      listing.files = {self};
    } else {
      listing.files = read_files(file, listing.tables);
    }
    listing.attributes.erase("schema_version");
    listing.attributes.erase("generation");
    listing.attributes.erase("merged");
  } catch (const hdf5::Error& e) {
    throw UserError(fmt::format("{} cannot be read ({}); restore it from a copy, or start anew in another directory", path, e.what()));
  }
  return listing;
}

void check_sources(const std::string& directory, const Listing& listing) {
  for (const SegmentFile& f : listing.files) {
    const std::string path = directory + "/" + f.name;
    VALIDATE(exists(path), "{} is missing (results.h5 shows its rows, HDF5 would give fill values in silence), restore it from a copy", path);
    const std::uint64_t size = file_size(path);
    VALIDATE(size == f.bytes, "{} has {} bytes instead of {} (it is damaged, and results.h5 shows its rows), restore it from a copy", path, size, f.bytes);
  }
}

}  // namespace umbra
