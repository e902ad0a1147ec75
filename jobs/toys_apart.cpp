#include "jobs/toys_apart.h"

#include <vector>

namespace umbra {

namespace {

// Toys of a request, made in this process.
void make(ToyTasks& tasks, ToyRequest request, std::uint64_t first, std::uint64_t count, Outcome& outcome) {
  request.first = first;
  request.count = count;
  tasks.run({TaskKind::toys, 0, pack(request), Care::normal}, outcome);
}

// What the child does for ever: hears a request, says the rows of each toy as it is made.
[[noreturn]] void serve(ToyTasks& tasks, const Child::Voice& voice) {
  Payload payload;
  Outcome own;
  for (std::uint64_t size = 0;;) {
    voice.hear(&size, sizeof size);
    payload.resize(size);
    voice.hear(payload.data(), size);
    const ToyRequest request = unpack_toys(payload);
    for (std::uint64_t toy = request.first; toy < request.first + request.count; ++toy) {
      make(tasks, request, toy, 1, own);
      size = own.rows.size();
      voice.say(&size, sizeof size);
      voice.say(own.rows.data(), size * sizeof(double));
    }
  }
}

}  // namespace

void ToysApart::start() {
  child_ = std::make_unique<Child>([&](const Child::Voice& voice) { serve(tasks_, voice); });
  known_ = tasks_.known_hypotheses();
}

// Where the child has died it does not hear, and that shows when it does not answer.
void ToysApart::ask(ToyRequest request) {
  const Payload payload = pack(request);
  const std::uint64_t size = payload.size();
  if (child_->tell(&size, sizeof size)) child_->tell(payload.data(), size);
}

void ToysApart::run(const Task& task, double timeout_s, Outcome& outcome) {
  ToyRequest request = unpack_toys(task.payload);
  make(tasks_, request, request.first, 0, outcome);  // what all toys need is found here
  if (known_ != tasks_.known_hypotheses()) child_.reset();
  std::vector<double> rows, said;
  const std::uint64_t end = request.first + request.count;
  for (std::uint64_t& toy = request.first; toy < end;) {
    bool fresh = !child_;
    if (fresh) start();
    request.count = end - toy;
    ask(request);
    for (std::uint64_t size = 0; toy < end && child_->hear(&size, sizeof size, timeout_s); ++toy, fresh = false) {
      said.resize(size);
      if (!child_->hear(said.data(), size * sizeof(double), timeout_s)) break;
      rows.insert(rows.end(), said.begin(), said.end());
    }
    if (toy == end) break;
    const bool timed_out = child_->timed_out();
    child_.reset();
    if (!timed_out && !fresh) continue;  // it may have died of what was before: only a toy that a fresh process dies of has crashed
    said = unresolved_rows(request, toy, timed_out ? FitStatus::timeout : FitStatus::crashed, tasks_.family().noun());
    rows.insert(rows.end(), said.begin(), said.end());
    ++toy;
  }
  outcome.values = toy_values(rows, tasks_.family().noun());
  outcome.rows = std::move(rows);
}

}  // namespace umbra
