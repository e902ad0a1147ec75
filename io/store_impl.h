#pragma once
// The inside of Store, in three parts: store.cpp opens it and takes commands, store_drain.cpp writes segments, store_merge.cpp compacts and merges them.

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "io/bytes.h"
#include "io/listing.h"
#include "io/merge.h"
#include "io/row_keeper.h"
#include "io/store.h"

namespace umbra {

/// Every change of the list of files is made by rank 0 and known to all ranks.
std::vector<std::byte> encode(const std::vector<SegmentFile>& files);
std::vector<SegmentFile> decode_files(ByteReader& reader);
/// Renames to results.h5; where that happened but is not known to be on disk, going on could mix generations: then the error is no FileError.
void rename_to_result(const std::string& from, const std::string& to);
/// Removes what a failed attempt left, to make room again. After trouble other than a full disk results.h5 may name the final file: the next start will know.
void drop(const std::string& aside, const std::string& final_name, const Trouble& trouble);

struct Store::Impl : RowSink {
  Impl(std::string directory, std::vector<Table> all_tables, const Communicator& communicator, StoreOptions store_options);

  void keep(const Outcome& outcome) override { own.keep(outcome, host); }

  void open();
  void open_on_root();
  void drain(ByteReader& command);
  void merge(ByteReader& command);
  std::vector<char> host_text(const RowKeeper::Slice& slice, const std::vector<std::string>& hosts, std::size_t size) const;
  void write_rows(const SegmentFile& segment, const std::string& file, const std::vector<RowKeeper::Batch>& batches, const std::vector<std::vector<std::uint64_t>>& counts);
  std::vector<std::byte> pack(const SegmentFile& segment, const std::vector<RowKeeper::Batch>& batches) const;
  void make_segment(const SegmentFile& segment, const std::string& file, std::uint64_t estimate, const std::vector<Failure>* failures);
  void write_packed(const SegmentFile& segment, const std::string& file, std::uint64_t estimate, const std::vector<std::vector<std::byte>>& packed);
  void show(std::uint64_t new_generation, const std::vector<SegmentFile>& new_files, const std::string* state);
  std::uint64_t make_result(const std::string& file, const Merge& m, std::uint64_t estimate);
  void compact();
  bool compact_once();
  void make_file(const std::string& file, std::uint64_t estimate, const std::function<void(const hdf5::Handle&)>& fill);
  void sync_everywhere(const Communicator& writers, const std::string& file);
  void by_few_or_all(const std::vector<SegmentFile>& inputs, const std::function<void(const Communicator& writers)>& rewrite);
  void update_report();

  std::string in(const std::string& name) const { return path + "/" + name; }
  bool root() const { return ranks.rank() == 0; }

  const std::string path;
  const std::vector<Table> tables;
  Communicator ranks;
  StoreOptions options;
  const std::string host;
  bool syncs = true;  ///< the first rank of its host
  RowKeeper own;
  RowKeeper recovered;  ///< rank 0

  // The same on all ranks, changed by execute() only.
  std::uint64_t generation = 0;
  bool merged = false;
  std::vector<SegmentFile> files;
  bool broken = false;

  // Rank 0.
  std::vector<std::string> superseded;
  mutable std::mutex mutex;  ///< of what follows
  Attributes attributes;
  std::map<std::uint64_t, std::string> states;
  std::vector<Group> groups;
  StoreReport report;
};

}  // namespace umbra
