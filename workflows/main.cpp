// The program `umbra`: reads the command line, runs a command, turns errors into messages and exit codes. Only this file catches.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "src/base/error.h"
#include "workflows/build_info.h"
#include "workflows/commands.h"

int main(int argc, char** argv) {
  using namespace umbra;
  CLI::App app{"Umbra runs campaigns of many independent evaluations over MPI ranks: scans, active learning, toy experiments."};
  app.require_subcommand(1);
  app.set_version_flag("--version", version());
  int result = exit_code::done;

  RunOptions run;
  auto* run_app = app.add_subcommand("run", "run a job, or go on with it");
  run_app->add_option("job", run.job, "job file (YAML)")->required();
  run_app->add_option("overrides", run.overrides, "key.sub=value: overrides of the job file");
  run_app->add_option("--ranks", run.ranks, "start mpirun with so many ranks")->check(CLI::PositiveNumber);
  run_app->add_flag("--fresh", run.fresh, "throw away what the run directory holds and start anew");
  run_app->add_flag("--quiet", run.quiet, "no progress, no summary");
  run_app->callback([&] { result = run_command(run, argv[0]); });

  std::string what;
  auto* list_app = app.add_subcommand("list", "what there is, with options, defaults and meaning");
  list_app->add_option("what", what, "workflows, samplers, models, priors, constraints, presets");
  list_app->callback([&] { result = list_command(what); });

  std::string workflow = "scan";
  auto* new_app = app.add_subcommand("new", "print a commented job file to start from");
  new_app->add_option("workflow", workflow, "scan");
  new_app->callback([&] { result = new_command(workflow); });

  std::string directory;
  bool json = false;
  auto* status_app = app.add_subcommand("status", "progress of a run");
  status_app->add_option("run", directory, "run directory")->required();
  status_app->add_flag("--json", json, "as JSON");
  status_app->callback([&] { result = status_command(directory, json); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? exit_code::done : exit_code::bad_job;
  } catch (const UserError& e) {
    std::fprintf(stderr, "umbra: %s\n", e.what());
    return exit_code::error;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "umbra: unexpected error: %s\n", e.what());
    return exit_code::error;
  }
  return result;
}
