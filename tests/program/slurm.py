"""A campaign submitted with `umbra submit` to a real Slurm survives the ends of its allocations and the failure of a node, and ends with the
same file as on one rank."""
import glob
import json
import os
import shutil
import subprocess
import sys
import time

from campaigns import SOURCE, UMBRA, Folder, assert_same, run, table, umbra, write

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


def wait_for(what, condition, seconds):
    end = time.time() + seconds
    while time.time() < end:
        if condition():
            return
        time.sleep(0.5)
    subprocess.run("squeue; sinfo; tail -n 30 box/log/*.log out/slurm-*.out", shell=True)
    raise SystemExit(f"{what}: not within {seconds} s")


def done(run="out"):
    try:
        return "complete" in umbra("status", run, "--json")
    except SystemExit:
        return False


def output():
    return "".join(open(f).read() for f in glob.glob("out/slurm-*.out"))


def rows():
    try:
        return json.load(open("out/status.json"))["done"]
    except (OSError, ValueError):
        return 0


for program in ("sbatch", "slurmctld", "slurmd", "munged"):
    if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
        print(f"SKIPPED: {program} is not installed (scripts/install-dependencies --with-slurm)")
        sys.exit(77)
if os.geteuid() != 0:
    print("SKIPPED: a Slurm cluster in a box needs root")
    sys.exit(77)

with Folder():
    write("job.yaml", JOB)
    script = umbra("submit", "job.yaml", "--nodes", "2", "--ntasks-per-node", "2", "--time", "5", "--dry-run", "--partition=box")
    assert "#SBATCH --partition=box" in script and "--requeue" in script
    write("script.sh", script)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", "script.sh"], check=True)
    write("srun.sh", umbra("submit", "job.yaml", "--time", "5", "--dry-run", "--launcher", "srun", "--array", "seed=1..3", "--chain", "2"))
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", "srun.sh"], check=True)
    umbra("submit", "job.yaml", "--time", "soon", "--dry-run", expect=1)
    umbra("submit", "job.yaml", "seed=x", "--time", "5", "--dry-run", expect=1)

    box = os.path.join(SOURCE, "slurm", "cluster-in-a-box")
    subprocess.run([box, "start", "box"], check=True)
    os.environ.update(OMPI_MCA_btl="self,tcp", OMPI_MCA_btl_tcp_if_include="lo")  # two nodes on one host would mix up their shared memory
    os.environ["SLURM_CONF"] = os.path.abspath("box/slurm.conf")
    try:
        # each start stops in good order after a few seconds, as at the end of an allocation, and is requeued
        umbra("submit", "job.yaml", "stop.walltime=8s", "--nodes", "2", "--ntasks-per-node", "2", "--time", "5")
        wait_for("the first rows", lambda: rows() > 0, 60)
        # not twice on one directory (between two allocations it is free)
        second = lambda: subprocess.run([UMBRA, "run", "job.yaml", "--quiet", "stop.walltime=1ms"], capture_output=True, text=True)
        wait_for("the refusal of a second start", lambda: json.load(open("out/sessions.json"))[-1]["end"] == 0 and "in use" in second().stderr, 60)
        wait_for("a requeue", lambda: output().count("not done yet: requeued") == 1, 30)
        before = rows()
        wait_for("rows after it", lambda: rows() > before, 60)
        assert "Slurm" in umbra("status", "out")
        # a node fails
        subprocess.run([box, "kill-node", "box", "n2"], check=True)
        wait_for("the node to be missed", lambda: "down" in subprocess.run(["sinfo", "-h", "-o", "%t"], capture_output=True, text=True).stdout, 60)
        subprocess.run([box, "revive-node", "box", "n2"], check=True)
        wait_for("the end", done, 150)
        starts = len(json.load(open("out/sessions.json")))
        # an array of chained jobs, where requeuing is forbidden
        umbra("submit", "job.yaml", "stop.evaluations=400", "stop.walltime=4s", "output.directory=sweep", "--nodes", "1", "--ntasks-per-node", "2", "--time", "5", "--chain", "3",
              "--array", "seed=1,2")
        sweep = ["sweep/seed=1", "sweep/seed=2"]
        wait_for("the chains of the array", lambda: all(done(d) for d in sweep), 120)
        said = "".join(open(f).read() for f in glob.glob("sweep/slurm-*.out"))
        assert "the next job of the chain goes on" in said and "requeued" not in said, said
        assert starts >= 4 and output().count("not done yet: requeued") >= 3, f"{starts} starts\n{output()}"
    finally:
        subprocess.run([box, "stop", "box"], check=True)
    run("job.yaml", 1, "output.directory=alone", "model.mean=1us")
    assert_same(table("alone"), table("out"), "under Slurm and alone")
    for seed, d in enumerate(sweep, 1):
        run("job.yaml", 1, f"output.directory=alone-{seed}", f"seed={seed}", "stop.evaluations=400", "model.mean=1us")
        assert_same(table(f"alone-{seed}"), table(d), f"{d} under Slurm and alone")
