// Compaction while the campaign runs, and the merged result.

#include <unistd.h>

#include <algorithm>

#include "io/file.h"
#include "io/store_impl.h"
#include "io/together.h"

namespace umbra {

void Store::Impl::compact() {
  try {
    while (compact_once()) update_report();
  } catch (const SharedTrouble& t) {
    // Without space the segments stay as they are; there are a few more of them until there is some.
    if (t.trouble.kind != Trouble::Kind::no_space) throw;
  }
}

bool Store::Impl::compact_once() {
  std::map<std::int64_t, int> tiers;
  for (const SegmentFile& f : files) ++tiers[f.level];
  std::int64_t level = -1;
  for (const auto& [l, n] : tiers)
    if (level < 0 && n >= options.fan_in) level = l;
  if (level < 0 && static_cast<int>(files.size()) >= options.max_segments)
    level = std::max_element(tiers.begin(), tiers.end(), [](const auto& a, const auto& b) { return a.second < b.second; })->first;
  if (level < 0 || tiers[level] < 2) return false;

  std::vector<SegmentFile> inputs, new_files;
  for (const SegmentFile& f : files) (f.level == level ? inputs : new_files).push_back(f);
  SegmentFile output{.name = "segments/" + std::to_string(generation) + "-" + std::to_string(level + 1) + ".h5", .bytes = 0, .level = level + 1, .layout = Layout::matrix, .parts = {}, .failures = 0};
  const std::string final_name = in(output.name), aside = final_name + ".tmp";
  std::vector<std::byte> bytes;
  try {
    by_few_or_all(inputs, [&](const Communicator& writers) {
      const Merge merge(path, tables, inputs, {}, options.block_bytes, writers);
      output.host_size = merge.host_size();
      std::uint64_t estimate = 0;
      for (const Part& p : merge.parts()) {
        estimate += p.rows * TableShape(tables[p.table]).row_bytes(output.host_size);
        if (p.rows > 0) output.parts.push_back(p);
      }
      on_root(writers, [&] {
        const auto failures = merge.failures().main;  // all of them: a segment has no end
        output.failures = failures.size();
        make_file(aside, estimate + failures.size() * (failure_message_size + 16), [&](const hdf5::Handle& h) {
          for (const Part& p : merge.parts()) make_part(h, tables[p.table], p, Layout::matrix, output.host_size);
          write_failures(h, failures);
        });
      });
      merge.write(aside, Layout::matrix);
      sync_everywhere(writers, aside);
      on_root(writers, [&] {
        rename_file(aside, final_name);
        output.bytes = file_size(final_name);
        new_files.push_back(output);
        show(generation, new_files, nullptr);
        for (const SegmentFile& f : inputs) superseded.push_back(f.name);
        bytes = encode(new_files);
      });
    });
  } catch (const SharedTrouble& t) {
    if (root()) drop(aside, final_name, t.trouble);
    throw;
  }
  ranks.broadcast(bytes);
  ByteReader r(bytes);
  files = decode_files(r);
  return true;
}

/// Rank 0: a merged result with all but its rows. Returns how many failures it shows.
std::uint64_t Store::Impl::make_result(const std::string& file, const Merge& m, std::uint64_t estimate) {
  Listing listing{generation, true, {}, tables, {}};
  std::vector<Group> extra;
  {
    const std::scoped_lock lock(mutex);
    listing.attributes = attributes;
    extra = groups;
  }
  const auto failures = m.failures();
  for (const Group& g : extra)
    for (const Series& s : g.series) estimate += hdf5::size_of(s);
  make_file(file, estimate + (failures.main.size() + failures.surplus.size()) * (failure_message_size + 16), [&](const hdf5::Handle& h) {
    describe_root(h, listing);
    for (const Part& p : m.parts()) make_part(h, tables[p.table], p, Layout::plain, m.host_size());
    write_failures(h, failures.main);
    if (!failures.surplus.empty()) write_failures(h, failures.surplus, surplus_failures);
    for (const Group& g : extra) {
      const hdf5::Handle group = hdf5::make_group(h, g.path);
      hdf5::set_attributes(group, g.attributes);
      for (const Series& s : g.series) hdf5::write_series(group, s);
    }
  });
  return failures.main.size();
}

void Store::Impl::merge(ByteReader& command) {
  std::map<std::string, TaskId> ends;
  for (auto n = command.get<std::uint64_t>(); n > 0; --n) {
    const std::string name = command.get_text();
    ends[name] = command.get<TaskId>();
  }
  SegmentFile self{.name = "results.h5", .bytes = 0, .level = 0, .layout = Layout::plain, .parts = {}, .failures = 0};
  const std::string aside = in("results.h5.merge");
  std::vector<std::byte> bytes;
  try {
    by_few_or_all(files, [&](const Communicator& writers) {
      const Merge m(path, tables, files, ends, options.block_bytes, writers);
      self.host_size = m.host_size();
      self.parts = m.parts();
      std::uint64_t estimate = 0;
      for (const Part& p : m.parts()) estimate += p.rows * TableShape(tables[p.table]).row_bytes(self.host_size);
      on_root(writers, [&] { self.failures = make_result(aside, m, estimate); });
      m.write(aside, Layout::plain);
      sync_everywhere(writers, aside);
      on_root(writers, [&] {
        self.bytes = file_size(aside);
        rename_to_result(aside, in("results.h5"));
        for (const SegmentFile& f : files)
          if (f.name != self.name) superseded.push_back(f.name);
        bytes = encode({self});
      });
    });
  } catch (const SharedTrouble&) {
    if (root()) ::unlink(aside.c_str());
    throw;
  }
  ranks.broadcast(bytes);
  ByteReader r(bytes);
  files = decode_files(r);
  merged = true;
  update_report();
}

}  // namespace umbra
