#pragma once
// What a campaign keeps in its run directory while it runs: every outcome in the journal, rows in segments, its state in the checkpoint,
// its progress in status.json.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/journal.h"
#include "io/store.h"
#include "jobs/executor.h"
#include "jobs/service.h"
#include "src/samplers/sampler.h"
#include "workflows/campaign.h"
#include "workflows/job.h"
#include "workflows/progress.h"
#include "workflows/run_log.h"
#include "workflows/sessions.h"

namespace umbra {

/// Rank 0's recorder. All else on rank 0 reaches the disk through it.
class RunRecord final : public Recorder {
 public:
  struct Parts {
    const Job& job;
    Store& store;
    Service& service;
    Executor& executor;
    Sampler& sampler;
    Ledger& ledger;
    std::function<void(std::uint64_t)>& committed;  ///< to be called when a generation is safe in segments
    std::function<std::vector<std::pair<std::string, double>>(const Sampler&)> progress = nullptr;  ///< Plan::progress
    std::function<bool()> at_once = nullptr;  ///< whether to leave what is being written
  };

  /// Takes up what an earlier start left: sampler and ledger from the checkpoint, outcomes after it from the journal.
  RunRecord(const Parts& parts, bool quiet);
  ~RunRecord() override { parts_.executor.listen(nullptr); }

  std::optional<Outcome> known(TaskKind kind, TaskId id) override;
  void started(std::span<Task> tasks) override;
  void finished(const Outcome& outcome) override;
  void tick() override;
  Advice advice() const override { return advice_; }
  bool behind() const override;
  double closing_s() const override { return 3.0 * longest_drain_s_; }

  /// The last drain of this start: everything in segments, the checkpoint after it. Returns false where the disk did not take it (nothing is lost: it is in the journal).
  bool close(Ending ending, StopCause cause = StopCause::none);
  /// Merges the segments into plain datasets and adds the groups.
  bool merge(std::vector<Group> groups);
  void show_progress(const std::string& state, bool last);
  /// Says in status.json and in the log what ends this start.
  void fail(const std::string& message) noexcept;

  std::uint64_t outcomes_before() const { return outcomes_before_; }  ///< that earlier starts had finished
  RunLog& log() { return log_; }
  double busy_share() const;                                          ///< over all starts
  std::string trouble() const;                                        ///< why advice() is not to go on
  const std::string& stopped_by() const { return stopped_by_; }       ///< the trouble that ended this start, though it may be over; "" where none did
  bool abandoned() const { return abandoned_; }                       ///< whether close() or merge() left what is being written, as Parts::at_once wanted
  bool must_leave_hard() const;                                       ///< HDF5 is in a state in which its exit hooks may crash

 private:
  void resume();
  void suspect(const std::map<std::pair<TaskKind, TaskId>, Start>& unfinished);
  void begin_session();
  void write_sessions();
  void drain();
  Advice judge() const;
  void note_trouble();
  bool written();
  std::string save_state() const;
  void load_state(const std::string& state);
  Attributes attributes() const;
  ProgressState progress(const std::string& state) const;

  Parts parts_;
  std::string directory_;
  Journal journal_;
  std::map<std::pair<TaskKind, TaskId>, Outcome> known_;
  struct Suspicion {
    std::int32_t deaths = 0;       // of ranks that had the task in flight
    std::int32_t allocations = 0;  // that it outlived
  };
  std::map<std::pair<TaskKind, TaskId>, Suspicion> suspects_;
  Claims claims_{};  // what has been told, now or in earlier starts
  std::vector<Start> starts_;  // scratch
  std::vector<Session> sessions_;
  Trouble sessions_trouble_;  // the list as it is now is not on disk
  double next_sessions_ = 0.0;
  ProgressPrinter printer_;
  RunLog log_;
  std::uint64_t outcomes_before_ = 0;
  std::uint64_t outcomes_ = 0;          // taken in this start
  std::uint64_t drained_outcomes_ = 0;
  std::uint64_t drain_command_ = 0;     // number of the last drain in the service
  double careful_until_ = 0.0;
  double longest_drain_s_ = 0.1;
  double last_drain_ = 0.0;
  double next_drain_ = 0.0;
  double next_status_ = 0.0;
  double next_judgement_ = 0.0;
  Advice advice_ = Advice::go_on;
  std::string stopped_by_;
  bool abandoned_ = false;
  std::string failure_;  ///< what fail() was told
  double rate_ = 0.0;
  double rate_time_ = 0.0;
  std::uint64_t rate_outcomes_ = 0;
};

}  // namespace umbra
