"""A campaign submitted with `umbra submit` to a real Slurm survives the ends of its allocations and the failure of a node, and ends with the
same file as on one rank; scancel stops it, started by mpirun or by srun. Real time limits: tests/kill/allocations.py."""
import subprocess

from campaigns import UMBRA, Folder, assert_same, run, table, umbra, write
from slurm_support import Cluster, done, in_queue, output, rows, skip_without_slurm, starts, submit, wait_for

JOB = """
name: box
seed: 3
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: sleep, mean: 30ms, sigma: 1, inner: {type: rastrigin}}
sampler: {type: differential_evolution, population: 40}
stop: {evaluations: 3000}
output: {directory: out, save_every: 2s}
"""
TWO_BY_TWO = ["--nodes", "2", "--ntasks-per-node", "2", "--time", "5"]


def check_cancelled(launcher):
    """scancel ends the campaign for good, and it goes on when it is submitted again. Returns its directory."""
    directory = "cancelled-" + launcher
    words = ["job.yaml", "stop.evaluations=600", "output.directory=" + directory, "--launcher", launcher, "--comment=two words", "--partition=box", "--ntasks-per-node", "2", "--time", "5m"]
    job, = submit(*words)
    wait_for("the first rows", lambda: rows(directory) > 0, 60)
    assert "RUNNING" in umbra("status", directory)
    comment = subprocess.run(["squeue", "--noheader", "--job", job, "--format", "%k"], capture_output=True, text=True).stdout
    assert comment.strip() == "two words", comment
    subprocess.run(["scancel", job], check=True)
    wait_for("the end of a cancelled campaign", lambda: not in_queue(job), 60)
    said = output(directory)
    assert "cancelled: nothing that was finished is lost" in said and "requeued" not in said, said
    if launcher == "srun":  # mpirun kills its ranks at SIGTERM
        assert starts(directory)[-1].get("stopped_by") == "signal", starts(directory)
    submit(*words)
    return directory


skip_without_slurm()
with Folder():
    write("job.yaml", JOB)
    with Cluster() as cluster:
        # each start stops in good order after a few seconds, as at the end of an allocation, and is requeued
        submit("job.yaml", "stop.walltime=8s", *TWO_BY_TWO)
        wait_for("the first rows", lambda: rows() > 0, 60)
        # not twice on one directory (between two allocations it is free)
        second = lambda: subprocess.run([UMBRA, "run", "job.yaml", "--quiet", "stop.walltime=1ms"], capture_output=True, text=True)
        wait_for("the refusal of a second start", lambda: starts()[-1]["end"] == 0 and "in use" in second().stderr, 60)
        wait_for("a requeue", lambda: output().count("not done yet: requeued") == 1, 30)
        before = rows()
        wait_for("rows after it", lambda: rows() > before, 60)
        assert "Slurm" in umbra("status", "out")
        cluster.fail_node("n2")
        wait_for("the end", done, 150)
        began = len(starts())
        # what is cancelled stays so, until it is submitted again
        cancelled = [check_cancelled(launcher) for launcher in ("mpirun", "srun")]
        # arrays: requeued, and of chained jobs where requeuing is forbidden
        sweep = {"requeued": ["requeued/seed=1", "requeued/seed=2"], "chained": ["chained/seed=1", "chained/seed=2"]}
        for directory, more in (("requeued", []), ("chained", ["--chain", "3"])):
            submit("job.yaml", "stop.evaluations=400", "stop.walltime=4s", "output.directory=" + directory, "--ntasks-per-node", "2", "--time", "5", "--array", "seed=1,2", *more)
        wait_for("what was cancelled", lambda: all(done(d) for d in cancelled), 60)
        wait_for("the arrays", lambda: all(done(d) for both in sweep.values() for d in both), 120)
        assert "the next job of the chain goes on" in output("chained") and "requeued" not in output("chained"), output("chained")
        assert "not done yet: requeued" in output("requeued"), output("requeued")
        assert "complete" in umbra("status", "chained"), umbra("status", "chained")
        assert began >= 4 and output().count("not done yet: requeued") >= 3, f"{began} starts\n{output()}"
    run("job.yaml", 1, "output.directory=alone", "model.mean=1us")
    assert_same(table("alone"), table("out"), "under Slurm and alone")
    run("job.yaml", 1, "output.directory=alone-600", "stop.evaluations=600", "model.mean=1us")
    for d in cancelled:
        assert_same(table("alone-600"), table(d), f"{d} under Slurm and alone")
    for seed in (1, 2):
        run("job.yaml", 1, f"output.directory=alone-{seed}", f"seed={seed}", "stop.evaluations=400", "model.mean=1us")
        for both in sweep.values():
            assert_same(table(f"alone-{seed}"), table(both[seed - 1]), f"{both[seed - 1]} under Slurm and alone")
