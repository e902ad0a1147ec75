#pragma once
// Reads a result, while the campaign runs or after it. Checks first that every source is there and whole (HDF5 gives fill values in silence where one is not).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/table.h"

namespace umbra {

class Reader {
 public:
  /// @param path results.h5 or the run directory. Throws UserError where it or a segment that it names is missing, truncated or of another campaign.
  explicit Reader(const std::string& path);
  ~Reader();
  Reader(Reader&&) noexcept;

  std::uint64_t generation() const;
  bool merged() const;
  const Attributes& attributes() const;                  ///< of the root
  std::vector<std::string> tables() const;               ///< "points", "surplus", "toys" ...
  bool has(const std::string& table) const;
  /// With the bookkeeping columns.
  const std::vector<Column>& columns(const std::string& table) const;
  std::uint64_t rows(const std::string& table) const;

  /// Rows [first, first + count) of a column, as numbers. Order: as written; in task order where merged().
  std::vector<double> column(const std::string& table, const std::string& name, std::uint64_t first = 0, std::uint64_t count = ~std::uint64_t{0}) const;
  std::vector<TaskId> ids(const std::string& table, std::uint64_t first = 0, std::uint64_t count = ~std::uint64_t{0}) const;
  /// A column of texts (host), or of /failures (message).
  std::vector<std::string> texts(const std::string& table, const std::string& name, std::uint64_t first = 0, std::uint64_t count = ~std::uint64_t{0}) const;
  /// A group that the campaign left beside its tables at its end (posterior, summary): its attributes, and a dataset of numbers in it; empty where there is none.
  Attributes attributes_of(const std::string& group) const;
  std::vector<double> numbers(const std::string& group, const std::string& name) const;
  /// Outcomes of a table of one row an outcome (and of its surplus), with id, status, phase, rank, start, duration and values; no messages. Those with
  /// id >= first, in the order of the file, in blocks of bounded memory.
  void outcomes(const std::string& table, TaskId first, const std::function<void(Outcome&& outcome, const std::string& host)>& visit) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace umbra
