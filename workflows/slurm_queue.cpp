#include "workflows/slurm_queue.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "src/base/text.h"

namespace umbra {
namespace {

constexpr int no_such_program = 127;

struct Answer {
  int code = no_such_program;
  std::string text;
};

Answer ask(const std::string& command) {
  Answer answer;
  if (std::FILE* pipe = popen(command.c_str(), "r")) {
    char block[256];
    while (std::fgets(block, sizeof block, pipe)) answer.text += block;
    const int status = pclose(pipe);
    answer.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  return answer;
}

}  // namespace

std::optional<SlurmJob> slurm_job_of(const std::string& run) {
  std::ifstream in(run + "/slurm_job");
  SlurmJob job;
  if (!(in >> job.id)) return {};
  const Answer answer = ask(fmt::format("squeue --noheader --job {} --format '%T, %M of %l, %R' 2>/dev/null", job.id));
  std::set<std::string> states;
  std::istringstream lines(answer.text);
  for (std::string line; std::getline(lines, line);) {
    states.insert(line.substr(0, line.find(',')));
    job.detail += (job.detail.empty() ? "" : "\n  ") + line;
  }
  job.state = join({states.begin(), states.end()});
  if (job.state.empty()) job.detail = answer.code == no_such_program ? "squeue is not on the path here, which could say more" : "not in the queue any more";
  return job;
}

}  // namespace umbra
