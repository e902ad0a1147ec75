#include "io/point_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "io/file.h"
#include "io/hdf5.h"
#include "io/reader.h"
#include "src/base/error.h"
#include "src/base/text.h"
#include "src/formats/number.h"
#include "src/formats/slha.h"

namespace umbra {
namespace {

std::string text_of(const std::string& path) {
  VALIDATE(exists(path), "the file of points {} is not there: is the path right?", path);
  const std::vector<std::byte> bytes = read_file(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t' || s.front() == '"')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r' || s.back() == '"')) s.remove_suffix(1);
  return s;
}

std::vector<std::string_view> cells(std::string_view line) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at <= line.size();) {
    const std::size_t comma = std::min(line.find(',', at), line.size());
    all.push_back(trim(line.substr(at, comma - at)));
    at = comma + 1;
  }
  return all;
}

PointTable read_csv(const std::string& path, const WantedColumns& wanted) {
  std::string text = text_of(path);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);  // which some programs write before UTF-8
  PointTable table{wanted.required, {}};
  std::vector<std::size_t> where;  // of each required column in a line
  std::size_t width = 0, number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trim(std::string_view(text).substr(at, end - at));
    at = end + 1;
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string_view> words = cells(line);
    if (width == 0) {
      width = words.size();
      std::vector<std::string> missing, extra;
      for (const std::string& name : wanted.required) {
        const auto found = std::find(words.begin(), words.end(), name);
        if (found == words.end()) missing.push_back(name);
        where.push_back(static_cast<std::size_t>(found - words.begin()));
      }
      for (const std::string_view word : words)
        if (std::find(wanted.allowed.begin(), wanted.allowed.end(), word) == wanted.allowed.end() && std::find(wanted.required.begin(), wanted.required.end(), word) == wanted.required.end())
          extra.emplace_back(word);
      for (auto word = words.begin(); word != words.end(); ++word)
        VALIDATE(std::find(words.begin(), word, *word) == word, "{}:{}: the header has the column {} twice (which of them counts is not clear): take one out", path, number, *word);
      VALIDATE(missing.empty(), "{}:{}: the header lacks the column{} {} (each parameter needs one, in any order): add {}", path, number, missing.size() == 1 ? "" : "s", join(missing),
               missing.size() == 1 ? "it" : "them");
      VALIDATE(extra.empty(), "{}:{}: the header has the column{} {}, which the model does not know (its parameters are {}): take {} out", path, number, extra.size() == 1 ? "" : "s",
               join(extra), join(wanted.required), extra.size() == 1 ? "it" : "them");
      continue;
    }
    VALIDATE(words.size() == width, "{}:{}: {} values, and the header has {} columns", path, number, words.size(), width);
    for (std::size_t i = 0; i < where.size(); ++i) {
      const auto value = read_number(words[where[i]]);
      VALIDATE(value, "{}:{}: '{}' in column {} is no number", path, number, words[where[i]], wanted.required[i]);
      table.values.push_back(*value);
    }
  }
  VALIDATE(width > 0, "{} is empty: the first line names the columns, each further one is a point", path);
  return table;
}

bool holds_numbers(const hdf5::Handle& dataset) {
  const hdf5::Handle type(H5Dget_type(dataset.get()), H5Tclose, "open a type");
  const H5T_class_t kind = H5Tget_class(type.get());
  return kind == H5T_INTEGER || kind == H5T_FLOAT;
}

// A view of other files, with fill values in silence where they are missing.
bool is_virtual(const hdf5::Handle& dataset) {
  const hdf5::Handle properties(H5Dget_create_plist(dataset.get()), H5Pclose, "read a dataset's properties");
  return H5Pget_layout(properties.get()) == H5D_VIRTUAL;
}

// The very file that is named, whatever lies beside it.
PointTable read_datasets(const std::string& path, const WantedColumns& wanted) {
  VALIDATE(exists(path), "the file of points {} is not there: is the path right?", path);
  const auto lock = hdf5::lock();
  try {
    const hdf5::Handle file = hdf5::open_file(path);
    const std::string place = hdf5::has(file, "points") ? "/points" : "/";
    const hdf5::Handle group = hdf5::open_group(file, place);
    std::vector<std::string> missing;
    for (const std::string& name : wanted.required)
      if (!hdf5::has(group, name)) missing.push_back(name);
    VALIDATE(missing.empty(), "{}: {} has no column {} (each parameter of the model needs one)", path, place, join(missing));
    PointTable table{wanted.required, {}};
    const std::size_t width = wanted.required.size();
    for (std::size_t c = 0; c < width; ++c) {
      const hdf5::Handle dataset = hdf5::open_dataset(group, wanted.required[c]);
      VALIDATE(!is_virtual(dataset), "{} shows rows that lie in other files, and cannot be read by itself: name the run directory that it is from", path);
      const std::vector<hsize_t> extent = hdf5::extent(dataset);
      VALIDATE(extent.size() == 1 && holds_numbers(dataset), "{}: column {} is no list of numbers: each column must be a 1-D dataset of numbers", path, wanted.required[c]);
      if (c == 0) table.values.resize(extent[0] * width);
      VALIDATE(extent[0] == table.rows(), "{}: column {} has {} rows, and {} has {}: all columns must be of one length", path, wanted.required[c], extent[0], wanted.required[0], table.rows());
      std::vector<double> column(extent[0]);
      if (!column.empty()) hdf5::read(dataset, H5T_NATIVE_DOUBLE, {.count = column.size(), .stride = column.size()}, column.data());
      for (std::size_t i = 0; i < column.size(); ++i) table.values[i * width + c] = column[i];
    }
    return table;
  } catch (const hdf5::Error& e) {
    throw UserError(fmt::format("{} cannot be read (is it an HDF5 file?): {}", path, e.what()));
  }
}

PointTable read_result(const std::string& path, const WantedColumns& wanted) {
  const Reader reader(path);
  std::vector<std::string> missing;
  for (const std::string& name : wanted.required)
    if (std::none_of(reader.columns("points").begin(), reader.columns("points").end(), [&](const Column& c) { return c.name == name; })) missing.push_back(name);
  VALIDATE(missing.empty(), "{}: /points has no column {} (each parameter of the model needs one)", path, join(missing));
  PointTable table{wanted.required, std::vector<double>(reader.rows("points") * wanted.required.size())};
  for (std::size_t c = 0; c < wanted.required.size(); ++c) {
    const std::vector<double> column = reader.column("points", wanted.required[c]);
    for (std::size_t i = 0; i < column.size(); ++i) table.values[i * wanted.required.size() + c] = column[i];
  }
  return table;
}

PointTable read_slha(const std::string& path, const WantedColumns& wanted) {
  const Slha slha(text_of(path));
  PointTable table{wanted.required, {}};
  std::vector<std::string> missing;
  for (const std::string& name : wanted.required) {
    const auto entry = std::find_if(wanted.slha.begin(), wanted.slha.end(), [&](const auto& e) { return e.second == name; });
    VALIDATE(entry != wanted.slha.end(), "the model does not say which SLHA entry is its parameter {}: give --slha \"BLOCK NUMBER={}\" for each parameter, or write `slha:` into the job before learning",
             name, name);
    const auto key = SlhaKey::parse(entry->first);
    VALIDATE(key, "'{}' is no SLHA entry: write a block and its numbers, as in \"EXTPAR 1\"", entry->first);
    const auto text = slha.find(*key);
    const auto value = text ? read_number(*text) : std::nullopt;
    if (value) table.values.push_back(*value);
    else missing.push_back(fmt::format("{} ({})", entry->first, name));
  }
  VALIDATE(missing.empty(), "{} has no number for {} (each parameter of the model needs one)", path, join(missing));
  return table;
}

}  // namespace

PointTable read_points(const std::string& path, const WantedColumns& wanted) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (std::filesystem::is_directory(path) || std::filesystem::path(path).filename() == "results.h5") return read_result(path, wanted);
  if (extension == ".h5" || extension == ".hdf5") return read_datasets(path, wanted);
  if (extension == ".slha" || extension == ".slc" || extension == ".spc" || extension == ".in") return read_slha(path, wanted);
  VALIDATE(extension == ".csv" || extension == ".txt" || extension.empty(), "{}: points are read from .csv, .h5 (or a run directory) and .slha, .slc, .spc, .in files, not from '{}'", path, extension);
  return read_csv(path, wanted);
}

}  // namespace umbra
