// The program `umbra`: reads the command line, runs a command, turns errors into messages and exit codes. Only this file catches.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "src/base/error.h"
#include "workflows/build_info.h"
#include "workflows/commands.h"
#include "workflows/predict_command.h"
#include "workflows/submit_command.h"

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
  run_app->add_option("--slice", run.slice, "3/100: make only this part of a campaign without dependencies, in a run directory of its own; umbra merge joins the parts");
  run_app->add_option("--ranks", run.ranks, "start mpirun with so many ranks")->check(CLI::PositiveNumber);
  run_app->add_flag("--fresh", run.fresh, "throw away what the run directory holds and start anew");
  run_app->add_flag("--quiet", run.quiet, "no progress, no summary");
  run_app->callback([&] { result = run_command(run, argv[0]); });

  MergeOptions merge;
  auto* merge_app = app.add_subcommand("merge", "join the slices of a campaign into what one run would have written, or runs of nested sampling with different seeds into one posterior");
  merge_app->add_option("runs", merge.runs, "run directories of all slices, or of the runs")->required();
  merge_app->add_option("--output", merge.output, "run directory to make")->required();
  merge_app->add_option("--job", merge.job, "the job file of the slices, where it is not any more where they were started");
  merge_app->add_flag("--quiet", merge.quiet, "no progress, no summary");
  merge_app->callback([&] { result = merge_command(merge); });

  CheckOptions check;
  auto* check_app = app.add_subcommand("check", "what a job will do, tried on a few points: statuses, times, the end on more ranks");
  check_app->add_option("job", check.job, "job file (YAML)")->required();
  check_app->add_option("overrides", check.overrides, "key.sub=value: overrides of the job file");
  check_app->add_option("--points", check.points, "how many points to evaluate")->check(CLI::PositiveNumber);
  check_app->add_option("--ranks", check.ranks, "on how many ranks (default: all cores)")->check(CLI::PositiveNumber);
  check_app->add_option("--for-ranks", check.for_ranks, "on how many ranks the campaign will run: what it makes of them, and which look_ahead they need")->check(CLI::Range(1, 16384));
  check_app->callback([&] { result = check_command(check, argv[0]); });

  std::string what;
  auto* list_app = app.add_subcommand("list", "what there is, with options, defaults and meaning");
  list_app->add_option("what", what, "workflows, samplers, models, priors, constraints, sets, presets, committees ...");
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

  SubmitOptions submit;
  auto* submit_app = app.add_subcommand("submit", "write and submit a Slurm batch script; the campaign requeues itself until it is done");
  submit_app->add_option("job", submit.job, "job file (YAML)")->required();
  submit_app->add_option("overrides", submit.overrides, "key.sub=value: overrides of the job file");
  submit_app->add_option("--nodes", submit.nodes, "nodes")->check(CLI::PositiveNumber);
  submit_app->add_option("--ntasks-per-node", submit.ntasks_per_node, "ranks on each")->check(CLI::PositiveNumber);
  submit_app->add_option("--time", submit.time, "time limit of an allocation, as Slurm writes it")->required();
  submit_app->add_option("--launcher", submit.launcher, "how ranks are started")->check(CLI::IsMember({"mpirun", "srun"}));
  submit_app->add_option("--chain", submit.chain, "submit so many jobs, one after the other, where requeuing is forbidden")->check(CLI::PositiveNumber);
  submit_app->add_option("--array", submit.array, "key=a,b,c or key=1..10: a job array, one campaign a value");
  submit_app->add_flag("--dry-run", submit.dry_run, "print the script, submit nothing");
  submit_app->allow_extras();
  submit_app->footer("Any other option is given to sbatch: --partition=long --account=abc");
  submit_app->callback([&] {
    submit.sbatch = submit_app->remaining();
    result = submit_command(submit);
  });

  PredictOptions predict;
  auto* predict_app = app.add_subcommand("predict", "what a learned model says of points");
  predict_app->add_option("model", predict.model, "folder of a model (RUN/model)")->required();
  predict_app->add_option("points", predict.points, "points: .csv with a header, .h5 or a run directory, .slha")->required();
  predict_app->add_option("--output", predict.output, "CSV file to write (default: the terminal)");
  predict_app->add_option("--slha", predict.slha, "where an SLHA file has a parameter: \"EXTPAR 1=M1\"");
  predict_app->add_option("--confidence", predict.confidence, "level at which points are counted")->check(CLI::Range(0.0, 1.0));
  predict_app->callback([&] { result = predict_command(predict); });

  ServeOptions serve;
  auto* serve_app = app.add_subcommand("serve", "a learned model as an HTTP JSON service");
  serve_app->add_option("model", serve.model, "folder of a model (RUN/model)")->required();
  serve_app->add_option("--host", serve.host, "address to listen on (0.0.0.0: all; only where everybody there may ask)");
  serve_app->add_option("--port", serve.port, "port; 0: any that is free")->check(CLI::Range(0, 65535));
  serve_app->add_option("--max-bytes", serve.max_bytes, "largest request")->check(CLI::PositiveNumber);
  serve_app->add_option("--at-once", serve.at_once, "requests at a time; more are told to come again")->check(CLI::PositiveNumber);
  serve_app->callback([&] { result = serve_command(serve); });

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
