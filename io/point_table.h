#pragma once
// Points that a user brings: CSV with a header, an HDF5 result of Umbra, SLHA spectra or input files.

#include <map>
#include <string>
#include <vector>

namespace umbra {

struct PointTable {
  std::vector<std::string> names;
  std::vector<double> values;  ///< [rows x names]
  std::size_t rows() const { return names.empty() ? 0 : values.size() / names.size(); }
};

/// What a reader asks of a file.
struct WantedColumns {
  std::vector<std::string> required;
  std::vector<std::string> allowed;  ///< a CSV file may have these too
  std::map<std::string, std::string> slha = {};  ///< "EXTPAR 1" to the name of the column that it is
};

/// Reads the required columns of a file, in their order. By its name: .csv; .h5 (datasets in /points, or at the root; others are passed over), a run directory or its
/// results.h5; .slha, .slc, .spc, .in (one point). Throws UserError, with file and line, for a missing or unknown column, a value that is no number, a line of another length, a file without points.
PointTable read_points(const std::string& path, const WantedColumns& wanted);

}  // namespace umbra
