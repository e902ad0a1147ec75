#include "io/segment.h"

#include <fmt/format.h>

#include <exception>

#include "io/together.h"
#include "src/base/status.h"

namespace umbra {
namespace {

using hdf5::Handle;

const std::vector<Column>& integer_columns() {
  static const std::vector<Column> columns = {
      {"id", "", "", Role::bookkeeping}, {"status", "", "", Role::bookkeeping}, {"phase", "", "", Role::bookkeeping}, {"rank", "", "", Role::bookkeeping}};
  return columns;
}

const std::vector<Column>& time_columns() {
  static const std::vector<Column> columns = {{"start", "s", "t_0", Role::bookkeeping}, {"duration", "s", "\\Delta t", Role::bookkeeping}};
  return columns;
}

std::string status_legend() {
  std::string text;
  for (std::size_t i = 0; i < status_names.size(); ++i) text += fmt::format("{}{} {}", i ? ", " : "", i, status_names[i]);
  return text;
}

}  // namespace

std::string surplus_group(const Table& table) { return table.name == "points" ? "surplus" : table.name + "_surplus"; }

std::vector<Column> all_columns(const Table& table) {
  std::vector<Column> all;
  if (table.source == RowSource::values) {
    all = integer_columns();
    all.push_back({"host", "", "", Role::bookkeeping});
    all.insert(all.end(), time_columns().begin(), time_columns().end());
  } else {
    all.push_back(integer_columns()[0]);
  }
  all.insert(all.end(), table.columns.begin(), table.columns.end());
  return all;
}

void describe(const Handle& dataset, const Column& column) {
  hdf5::set_attribute(dataset, "unit", column.unit);
  hdf5::set_attribute(dataset, "label", column.label);
  hdf5::set_attribute(dataset, "role", std::string(name(column.role)));
  if (column.role == Role::bookkeeping && column.name == "status") hdf5::set_attribute(dataset, "legend", status_legend());
}

Handle make_table_group(const Handle& file, const Table& table, const std::string& group) {
  const Handle p(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, "make a property list");
  hdf5::check(H5Pset_link_creation_order(p.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), "keep the order of a group");
  Handle g(H5Gcreate2(file.get(), group.c_str(), H5P_DEFAULT, p.get(), H5P_DEFAULT), H5Gclose, "make group " + group);
  hdf5::set_attribute(g, "table", table.name);
  hdf5::set_attribute(g, "kind", static_cast<std::int64_t>(table.kind));
  hdf5::set_attribute(g, "rows_each", std::string(table.source == RowSource::values ? "one" : "many"));
  return g;
}

void make_part(const Handle& file, const Table& table, const Part& part, Layout layout, std::size_t host_size) {
  const TableShape shape(table);
  const Handle group = make_table_group(file, table, part.group);
  const Handle text = hdf5::text_type(host_size);
  if (layout == Layout::matrix) {
    hdf5::make_dataset(group, "integers", H5T_NATIVE_INT64, {shape.integers, part.rows});
    hdf5::make_dataset(group, "numbers", H5T_NATIVE_DOUBLE, {shape.numbers, part.rows});
    if (shape.has_host) hdf5::make_dataset(group, "host", text.get(), {part.rows});
    return;
  }
  const auto columns = all_columns(table);
  for (std::size_t c = 0; c < columns.size(); ++c) {
    const bool host = shape.has_host && c == shape.integers;
    describe(hdf5::make_dataset(group, columns[c].name, host ? text.get() : c < shape.integers ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE, {part.rows}), columns[c]);
  }
}

void write_failures(const Handle& file, const std::vector<Failure>& failures, const std::string& name) {
  const Handle group = hdf5::make_group(file, name);
  std::vector<std::int64_t> ids, statuses;
  std::vector<std::string> messages;
  for (const Failure& f : failures) {
    ids.push_back(f.id);
    statuses.push_back(f.status);
    messages.push_back(f.message);
  }
  hdf5::write_series(group, {.name = "id", .values = ids, .unit = "", .label = ""});
  hdf5::write_series(group, {.name = "status", .values = statuses, .unit = "", .label = ""});
  hdf5::set_attribute(hdf5::open_dataset(group, "status"), "legend", status_legend());
  hdf5::write_texts(group, "message", messages, failure_message_size);
}

std::vector<Failure> read_failures(const Handle& file, const std::string& name) {
  if (!hdf5::has(file, name)) return {};
  const Handle group = hdf5::open_group(file, name);
  const auto ids = hdf5::read_integers(group, "id"), statuses = hdf5::read_integers(group, "status");
  auto messages = hdf5::read_texts(group, "message");
  std::vector<Failure> failures;
  for (std::size_t i = 0; i < ids.size(); ++i) failures.push_back({ids[i], statuses[i], std::move(messages[i])});
  return failures;
}

Handle open_by_all(const std::string& path, const Communicator& ranks) {
  Handle file;
  try {
    together(ranks, [&] {
      const auto locked = hdf5::lock();
      file = hdf5::open_shared(path, ranks);
    });
  } catch (const SharedTrouble&) {
    file.abandon();
    throw;
  }
  return file;
}

PartAccess::PartAccess(const Handle& file, const Table& table, const Part& part, Layout layout) : shape_(table), layout_(layout) {
  const Handle group = hdf5::open_group(file, part.group);
  if (layout == Layout::matrix) {
    integers_.push_back(hdf5::open_dataset(group, "integers"));
    numbers_.push_back(hdf5::open_dataset(group, "numbers"));
  } else {
    const auto columns = all_columns(table);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (shape_.has_host && c == shape_.integers) continue;
      (c < shape_.integers ? integers_ : numbers_).push_back(hdf5::open_dataset(group, columns[c].name));
    }
  }
  if (shape_.has_host) host_ = hdf5::open_dataset(group, "host");
}

template <class Each>
void PartAccess::each_dataset(const ColumnsView& rows, Each each) const {
  const bool matrix = layout_ == Layout::matrix;
  for (std::size_t c = 0; c < integers_.size(); ++c) each(integers_[c], H5T_NATIVE_INT64, matrix ? shape_.integers : 0, rows.integers + c * rows.stride);
  for (std::size_t c = 0; c < numbers_.size(); ++c) each(numbers_[c], H5T_NATIVE_DOUBLE, matrix ? shape_.numbers : 0, rows.numbers + c * rows.stride);
  if (shape_.has_host) each(host_, hdf5::text_type(rows.host_size).get(), 0, rows.hosts);
}

void PartAccess::read_ids(std::uint64_t first, std::uint64_t count, std::int64_t* ids) const {
  hdf5::read(integers_[0], H5T_NATIVE_INT64, {layout_ == Layout::matrix ? hsize_t{1} : hsize_t{0}, first, count, count}, ids);
}

void PartAccess::read(std::uint64_t first, std::uint64_t count, const ColumnsView& to) const {
  each_dataset(to, [&](const Handle& d, hid_t type, std::size_t lines, void* memory) { hdf5::read(d, type, {lines, first, count, to.stride}, memory); });
}

void PartAccess::write(std::uint64_t first, std::uint64_t count, const ColumnsView& rows, std::size_t from, bool collective) const {
  std::exception_ptr error;
  each_dataset(rows, [&](const Handle& d, hid_t type, std::size_t lines, void* memory) {
    // The others wait for this rank in each collective call.
    try {
      hdf5::write(d, type, {lines, first, count, rows.stride, from, 0}, memory, collective);
    } catch (const hdf5::Error&) {
      error = std::current_exception();
    }
  });
  if (error) std::rethrow_exception(error);
}

}  // namespace umbra
