"""A campaign submitted with `umbra submit` survives two real time limits of Slurm and the failure of a node, and ends with the same file as on one rank. Nightly:
Slurm counts limits in minutes."""
import sys

from harness import NIGHTLY, Folder, assert_same, run, table, write
from slurm_support import Cluster, done, output, rows, skip_without_slurm, starts, submit, wait_for

JOB = """
name: allocations
seed: 3
parameters:
  - {name: x, prior: flat, range: [-5, 5]}
  - {name: y, prior: flat, range: [-5, 5]}
model: {type: sleep, mean: 100ms, sigma: 1, inner: {type: rastrigin}}
sampler: {type: differential_evolution, population: 40}
stop: {evaluations: 7000}
output: {directory: out, save_every: 5s}
"""

if not NIGHTLY:
    print("SKIPPED: minutes of time limits are for the night (UMBRA_NIGHTLY)")
    sys.exit(77)
skip_without_slurm()
with Folder():
    write("job.yaml", JOB)
    with Cluster() as cluster:
        submit("job.yaml", "--nodes", "2", "--ntasks-per-node", "2", "--time", "1")
        for limits in (1, 2):
            wait_for(f"time limit {limits}", lambda: output().count("not done yet: requeued") == limits, 120)
        before = rows()
        wait_for("rows after them", lambda: rows() > before, 60)
        cluster.fail_node("n2")
        wait_for("the end", done, 400)
        began = starts()
    assert [s.get("stopped_by") for s in began[:2]] == ["deadline", "deadline"], began
    assert began[2]["end"] == 0, "the failure of the node met no campaign"
    print(f"done after {len(began)} starts")
    run("job.yaml", 1, "output.directory=alone", "model.mean=1us")
    assert_same(table("alone"), table("out"), "under Slurm and alone")
