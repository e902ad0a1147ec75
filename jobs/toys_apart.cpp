#include "jobs/toys_apart.h"

#include <vector>

#include "jobs/child.h"

namespace umbra {

namespace {

Task part_of(const Task& task, ToyRequest request, std::uint64_t first, std::uint64_t count) {
  request.first = first;
  request.count = count;
  Task part = task;
  part.payload = pack(request);
  return part;
}

}  // namespace

void run_toys_apart(ToyTasks& tasks, const Task& task, double timeout_s, Outcome& outcome) {
  const ToyRequest request = unpack_toys(task.payload);
  tasks.run(part_of(task, request, request.first, 0), outcome);  // what all toys need is found before the fork
  std::vector<double> rows, said;
  const std::uint64_t end = request.first + request.count;
  for (std::uint64_t toy = request.first; toy < end;) {
    Child child([&](const Child::Voice& voice) {
      Outcome own;
      for (std::uint64_t t = toy; t < end; ++t) {
        tasks.run(part_of(task, request, t, 1), own);
        const std::uint64_t size = own.rows.size();
        voice.say(&size, sizeof size);
        voice.say(own.rows.data(), size * sizeof(double));
      }
    });
    for (std::uint64_t size = 0; toy < end && child.hear(&size, sizeof size, timeout_s); ++toy) {
      said.resize(size);
      if (!child.hear(said.data(), size * sizeof(double), timeout_s)) break;
      rows.insert(rows.end(), said.begin(), said.end());
    }
    if (toy == end) break;
    const FitStatus status = child.timed_out() ? FitStatus::timeout : FitStatus::crashed;
    said = unresolved_rows(request, toy, status);
    rows.insert(rows.end(), said.begin(), said.end());
    ++toy;
  }
  outcome.values = toy_values(rows);
  outcome.rows = std::move(rows);
}

}  // namespace umbra
